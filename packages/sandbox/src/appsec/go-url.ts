/**
 * Why Go's url.Parse refuses what is sent as X-Crowdsec-Appsec-Uri; undefined when it takes it. AppSec answers 500 then, so a
 * bouncer that sends on whatever a client asked for can be made to let it through. Source: net/url of Go 1.24.
 */
export function goUrlFault(uri: string): string | undefined {
  const [withoutFragment, fragment] = splitOnce(uri, '#');
  // In the order of Parse: control characters first, then what is before the fragment, then the fragment.
  if (/[\u0000-\u001f\u007f]/.test(withoutFragment)) return 'invalid control character in URL';
  const [rest] = splitOnce(withoutFragment, '?');
  if (rest.startsWith('//') && !rest.startsWith('///')) {
    const [authority, path] = splitOnce(rest.slice(2), '/');
    return authorityFault(authority) ?? escapeFault(path ?? '') ?? escapeFault(fragment ?? '');
  }
  if (!rest.startsWith('/') && rest !== '*') return schemeFault(rest) ?? escapeFault(fragment ?? '');
  return escapeFault(rest) ?? escapeFault(fragment ?? '');
}

function splitOnce(text: string, sign: string): [string, string?] {
  const at = text.indexOf(sign);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function escapeFault(text: string): string | undefined {
  const bad = /%(?![0-9a-f]{2}).{0,2}/is.exec(text);
  return bad ? `invalid URL escape ${JSON.stringify(bad[0])}` : undefined;
}

/** A relative path whose first part has a colon, and a scheme that is none. */
function schemeFault(text: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return undefined;
  if (text.startsWith(':')) return 'missing protocol scheme';
  if (/^[^/]*:/.test(text)) return 'first path segment in URL cannot contain colon';
  return escapeFault(text);
}

function authorityFault(authority: string): string | undefined {
  const at = authority.lastIndexOf('@');
  if (at >= 0 && !/^(?:[\w.~:!$&'()*+,;=%@-]*)$/.test(authority.slice(0, at))) return 'net/url: invalid userinfo';
  const host = authority.slice(at + 1);
  if (host.startsWith('[')) {
    const [, port] = /^\[[^\]]*\](.*)$/s.exec(host) ?? [];
    return port === undefined ? "missing ']' in host" : portFault(port);
  }
  const colon = host.lastIndexOf(':');
  const portProblem = colon < 0 ? undefined : portFault(host.slice(colon));
  if (portProblem !== undefined) return portProblem;
  for (const [, digits = ''] of host.matchAll(/%(..?)?/gs)) {
    if (!/^[0-9a-f]{2}$/i.test(digits) || Number.parseInt(digits, 16) < 0x80) return `invalid URL escape "%${digits}"`;
  }
  const odd = /[^\w.~!$&'()*+,;=:[\]<>"%\u0080-\uffff-]/.exec(host);
  return odd ? `invalid character ${JSON.stringify(odd[0])} in host name` : undefined;
}

function portFault(port: string): string | undefined {
  return port === '' || /^:\d*$/.test(port) ? undefined : `invalid port ${JSON.stringify(port)} after host`;
}
