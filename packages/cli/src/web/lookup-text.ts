import { span } from '@bouncer/status-page';
import type { PageLookup } from '@bouncer/status-page';

/** What a look-up found, a line each. `now` in wall-clock milliseconds. */
export function lookupText(lookup: PageLookup, now: number): string[] {
  const { network, decisions, inside } = lookup;
  // Nothing that a request says is repeated.
  if (network === undefined) return ['What was asked for is not an address or network.'];
  const within =
    inside &&
    `${inside.decisions} decisions on ${inside.networks} networks inside it: ${inside.blocked} of them blocked.`;
  return [
    ...answer(lookup, network),
    ...(within === undefined ? [] : [within]),
    ...decisions.map(
      ({ network: by, id, origin, scenario, expiresAt }) =>
        `- ${by} by ${origin} (${scenario}), decision ${id}, until ${moment(expiresAt)}, for another ${span(expiresAt - now)}`,
    ),
  ];
}

function answer({ blocked, devices, neverBlocked, leftOut, decisions }: PageLookup, network: string): string[] {
  if (blocked) {
    const holders = devices.filter(({ holds }) => holds).map(({ name }) => name);
    return [`${network} is blocked on ${holders.join(', ')}.`];
  }
  if (neverBlocked !== undefined) {
    const decided = leftOut === undefined ? '' : ' CrowdSec has a decision on it nevertheless.';
    return [`${network} is never blocked: ${neverBlocked}.${decided}`];
  }
  if (decisions.length === 0) {
    if (leftOut === undefined) return [`${network} is not blocked: no live decision covers it.`];
    return [`${network} is not blocked: CrowdSec decided on it, but it was left out (${leftOut}).`];
  }
  return [
    `${network} is not blocked everywhere.`,
    ...devices.map(({ name, holds, reason }) => `- ${name}: ${holds ? 'blocked' : missing(reason)}`),
  ];
}

function missing(reason: string | undefined): string {
  return reason === undefined ? 'not yet' : `left out, ${reason}`;
}

function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
