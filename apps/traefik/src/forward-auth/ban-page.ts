import { readFileSync } from 'node:fs';
import { ConfigError, messageOf } from '@bouncer/stream';

const builtIn = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Access denied</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:34rem;padding:0 1rem;color:#222;background:#fff}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#181818}}</style>
</head>
<body>
<h1>Access denied</h1>
<p>Your address was seen attacking and is blocked for some time.</p>
<p>If you think that this is a mistake, tell the operator of this site your IP address.</p>
</body>
</html>
`;

/** Larger than any page; what is larger is a slip. */
const largest = 1 << 20;

/**
 * What a banned client is shown: the file, or the built-in page, which names no address and no reason.
 * @throws ConfigError when the file cannot be read.
 */
export function readBanPage(path: string | undefined): string {
  if (path === undefined) return builtIn;
  let page: string;
  try {
    page = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`TRAEFIK_BAN_PAGE_FILE: ${messageOf(error)}; accepted: an HTML file that can be read`);
  }
  if (page.length > largest)
    throw new ConfigError('TRAEFIK_BAN_PAGE_FILE: is larger than 1 MB; accepted: one page of HTML');
  return page;
}
