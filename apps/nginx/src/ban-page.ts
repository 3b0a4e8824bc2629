import { readFileSync, statSync } from 'node:fs';
import { ConfigError } from '@bouncer/stream';
import { banPage } from '@bouncer/target';

const maxBytes = 256 * 1024;

/** The page for refused requests: under 1 kB, nothing loaded from anywhere; or the user's own. */
export function readBanPage(file: string | undefined): Uint8Array {
  if (file === undefined) return Buffer.from(banPage());
  const { size } = statSync(file);
  if (size > maxBytes) {
    throw new ConfigError(`NGINX_BAN_PAGE_FILE: ${file} has ${size} bytes, at most ${maxBytes} are taken`, {
      hint: 'it is sent to every refused request: make it small, and embed no images',
    });
  }
  return readFileSync(file);
}
