import type { IncomingMessage } from 'node:http';
import type { Asked } from '../appsec/question.ts';

/** Where Envoy asks (ext_authz over HTTP): what it asks about stands behind it, with the method of the request. */
export const extAuthzPath = '/v1/ext-authz';

/** The request that a proxy asks about: `X-Forwarded-Method`, `-Uri`, `-Host` and `-Proto`, which the proxy itself must set. */
export function askedOf({ headers, rawHeaders, method = 'GET', url = '' }: IncomingMessage): Asked {
  const header = (name: string): string => {
    const value = headers[name];
    return typeof value === 'string' ? value : '';
  };
  const isTls = lastOf(header('x-forwarded-proto')).toLowerCase() === 'https';
  if (url.startsWith(extAuthzPath)) {
    return { method, uri: url.slice(extAuthzPath.length) || '/', host: header('host'), isTls, rawHeaders };
  }
  return {
    method: header('x-forwarded-method') || method,
    uri: header('x-forwarded-uri') || '/',
    host: lastOf(header('x-forwarded-host')) || header('host'),
    isTls,
    rawHeaders,
  };
}

/** Proxies append: what stands last is what the nearest one has seen. */
function lastOf(list: string): string {
  return list.slice(list.lastIndexOf(',') + 1).trim();
}

/** Whether a client would rather have JSON than a page. */
export function wantsJson({ headers }: IncomingMessage): boolean {
  const accept = headers.accept ?? '';
  return accept.includes('json') && !accept.includes('text/html');
}

/** As much of the body as the limit allows; what is longer is read and forgotten, so that the connection can be kept. */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (limit === 0 || !hasBody(request)) return nothing;
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    request.on('data', (part: Buffer) => {
      if (length >= limit) return;
      parts.push(length + part.length > limit ? part.subarray(0, limit - length) : part);
      length += part.length;
      if (length >= limit) resolve(Buffer.concat(parts));
    });
    request.on('end', () => {
      resolve(Buffer.concat(parts));
    });
    request.on('error', reject).on('close', () => {
      reject(new Error('the proxy went away'));
    });
  });
}

function hasBody(request: IncomingMessage): boolean {
  const { headers, httpVersionMajor } = request;
  // HTTP/2 needs no length; it says at once when nothing follows the headers.
  if (httpVersionMajor >= 2)
    return (request as { stream?: { endAfterHeaders?: boolean } }).stream?.endAfterHeaders !== true;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const nothing = Buffer.alloc(0);
