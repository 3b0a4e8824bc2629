import { readFileSync, statSync } from 'node:fs';
import { ConfigError } from '@bouncer/stream';

const longest = 256 * 1024;

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>Access refused</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32em;padding:0 1em;color:#222;background:#fff}@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}}</style>
<h1>Access refused</h1>
<p>Your address is on a list of addresses that attack computers, and this site uses that list. If you think this is a mistake, tell the owner of the site your address and the time.</p>
</html>
`;

/** The page for refused requests: under 1 kB, nothing loaded from anywhere; or the user's own. */
export function readBanPage(file: string | undefined): Uint8Array {
  if (file === undefined) return Buffer.from(page);
  const { size } = statSync(file);
  if (size > longest) {
    throw new ConfigError(`NGINX_BAN_PAGE_FILE: ${file} has ${size} bytes, at most ${longest} are taken`, {
      hint: 'it is sent to every refused request: make it small, and embed no images',
    });
  }
  return readFileSync(file);
}
