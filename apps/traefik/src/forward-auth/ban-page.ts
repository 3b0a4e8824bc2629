import { readFileSync } from 'node:fs';
import { ConfigError, messageOf } from '@bouncer/stream';
import { banPage } from '@bouncer/target';

/** Larger than any page; what is larger is a mistake. */
const maxBytes = 1 << 20;

/**
 * What a banned client is shown: the file, or the built-in page, which names no address and no reason.
 * @throws ConfigError when the file cannot be read.
 */
export function readBanPage(path: string | undefined): string {
  if (path === undefined) return banPage();
  let page: string;
  try {
    page = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`TRAEFIK_BAN_PAGE_FILE: ${messageOf(error)}; accepted: an HTML file that can be read`);
  }
  if (page.length > maxBytes)
    throw new ConfigError('TRAEFIK_BAN_PAGE_FILE: is larger than 1 MB; accepted: one page of HTML');
  return page;
}
