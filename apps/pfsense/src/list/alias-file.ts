import type { Network } from '@bouncer/stream';

/**
 * First line of every list. pfSense drops the rule of an alias whose file is empty, so a list is never without it; and
 * it holds no time, so that the same entries give the same bytes.
 */
export const HEADER = '# CrowdSec decisions, kept by crowdsec-pfsense-bouncer; do not edit\n';

/** One network a line, in an order that depends on the entries alone. */
export function renderList(networks: Iterable<Network>): Buffer {
  return Buffer.from(`${HEADER}${lines([...networks].sort())}`);
}

/** The networks of such a list, as they stand in it; none of no list. */
export function linesOf(list: Buffer | undefined): string[] {
  return (list?.toString() ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** What is added and what is removed, each line marked by its first character. */
export function renderDelta(add: readonly string[], remove: readonly string[]): Buffer {
  return Buffer.from(lines([...add.map((one) => `+${one}`), ...remove.map((one) => `-${one}`)]));
}

/** One line each. */
export function lines(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `${texts.join('\n')}\n`;
}
