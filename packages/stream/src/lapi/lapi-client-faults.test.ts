import { connect } from 'node:net';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answer, serve } from '../../test/loopback-server.ts';
import { AuthError, BouncerError, ConfigError, TransientError } from './errors.ts';
import { createLapiClient } from './create-lapi-client.ts';
import type { LapiOptions } from './create-lapi-client.ts';

const KEY = 'secret-key-0123456789';
const body = JSON.stringify({
  new: [{ duration: '4h', id: 1, origin: 'cscli', scenario: 'test', scope: 'Ip', type: 'ban', value: '203.0.113.7' }],
  deleted: [],
});

async function failure(port: number, options: Partial<LapiOptions> = {}): Promise<BouncerError> {
  const url = `http://127.0.0.1:${port}`;
  const client = createLapiClient({ url, userAgent: 'test/v1', apiKey: () => KEY, ...options });
  const error: unknown = await client
    .pullFull({}, () => {}, new AbortController().signal)
    .then(
      () => new Error('it went through'),
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(BouncerError);
  // Whatever went wrong, the key is in no text and no property of what is thrown.
  const { message, hint, stack, cause } = error as BouncerError;
  expect(`${message} ${hint} ${stack ?? ''}`).not.toContain(KEY);
  expect(cause).toBeUndefined();
  expect(hint).not.toBe('');
  return error as BouncerError;
}

describe('LAPI client, when LAPI says no', () => {
  it.each([401, 403])('takes %d for a bad key, and lets secrets be read again', async (status) => {
    const { port } = await serve(answer('{"message":"access forbidden"}', status));
    let asked = 0;
    const error = await failure(port, { onAuthFailure: () => asked++ });
    expect(error).toBeInstanceOf(AuthError);
    expect([error.kind, asked]).toEqual(['auth', 1]);
    expect(error.message).toContain(`${status}`);
    expect(error.hint).toContain('cscli bouncers add');
    expect(error.hint).toContain('CROWDSEC_BOUNCER_API_KEY');
    // CrowdSec 1.7.8 says the same while only its database is away.
    expect(error.hint).toContain("LAPI's database is away");
    expect(error.hint).toContain("LAPI's own log");
  });

  it.each([
    [404, '', 'path', '/lapi'],
    [405, '', 'path', '/lapi'],
    [500, '{"message":"database is locked"}', 'server', 'log'],
    [502, '<html>Bad Gateway</html>', 'server', 'log'],
    [429, 'slow down', 'server', 'log'],
    [400, 'Client sent an HTTP request to an HTTPS server.\n', 'tls', 'https://'],
  ])('takes %d %j for kind %s and hints at %s', async (status, text, kind, hint) => {
    const { port } = await serve(answer(text, status));
    const error = await failure(port);
    expect(error).toBeInstanceOf(TransientError);
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(`${status === 400 ? 'HTTPS port' : status}`);
    expect(error.hint).toContain(hint);
  });

  it('repeats what LAPI says, but nothing unprintable and never the key', async () => {
    const { port } = await serve(answer(`{"message":"no\\n\u001b[31m ${KEY} ${'x'.repeat(500)}"}`, 500));
    const error = await failure(port);
    expect(error.message).toMatch(/^500: [ -~]{1,300}$/);
    expect(error.message).toContain('***');
  });

  it('follows no redirect, which would carry the key', async () => {
    const elsewhere = await serve(answer(body));
    const { port } = await serve(
      answer('', 301, { location: `http://127.0.0.1:${elsewhere.port}/lapi/v1/decisions/stream?secret=1` }),
    );
    const error = await failure(port);
    expect(error.kind).toBe('path');
    expect(error.hint).toContain(`http://127.0.0.1:${elsewhere.port}/lapi)`);
    expect(elsewhere.requests).toEqual([]);
  });
});

describe('LAPI client, when the answer is no answer', () => {
  it.each([
    '<html>login</html>',
    '',
    'null',
    '[]',
    '{"new":{}}',
    '{"status":"ok"}',
    // Not understood is not empty: LAPI always sends `new`.
    '{}',
    '{"deleted":null}',
    '{"deleted":[],"neu":[]}',
    body.slice(0, -1),
    `${body}x`,
    '\0',
  ])('refuses %j with status 200', async (text) => {
    const { port } = await serve(answer(text));
    const error = await failure(port);
    expect(error).toBeInstanceOf(TransientError);
    expect(error.kind).toBe('protocol');
  });

  it.each([0, 10, body.length - 1])('notices a connection cut after %d bytes', async (length) => {
    const { port } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.slice(0, length), () => response.destroy());
      response.flushHeaders();
    });
    expect((await failure(port)).kind).toBe('network');
  });

  it('notices a chunked answer cut off', async () => {
    const { port } = await serve((_request, response) => {
      response.write(body.slice(0, 20), () => response.destroy());
    });
    expect((await failure(port)).kind).toBe('network');
  });

  it('notices a compressed answer that is cut off or damaged', async () => {
    const packed = gzipSync(body);
    for (const bytes of [packed.subarray(0, -10), Buffer.from('no gzip at all')]) {
      const { port } = await serve(answer(bytes, 200, { 'content-encoding': 'gzip' }));
      expect((await failure(port)).kind).toBe('protocol');
    }
  });

  it('stops at the size limit, also when the bytes came compressed', async () => {
    const large = Buffer.from(`{"new":[${'0,'.repeat(50_000)}0]}`);
    const limits = { bodyBytes: 50_000 };
    const plain = await serve(answer(large));
    const packed = await serve(answer(gzipSync(large), 200, { 'content-encoding': 'gzip' }));
    for (const { port } of [plain, packed]) {
      const error = await failure(port, { limits });
      expect(error.kind).toBe('protocol');
      expect(error.message).toContain('50000 bytes');
    }
  });

  it.each(['nothing at all', 'headers only', 'half a body', 'half a compressed body'])(
    'gives up in time on a server that sends %s',
    async (what) => {
      const { port } = await serve((_request, response) => {
        if (what === 'headers only') response.flushHeaders();
        if (what === 'half a body') response.write(body.slice(0, 20));
        if (what === 'half a compressed body') {
          response.setHeader('content-encoding', 'gzip');
          response.write(gzipSync(body).subarray(0, 40));
        }
      });
      const error = await failure(port, { limits: { fullMs: 50 } });
      expect(error.kind).toBe('timeout');
    },
  );

  it('stops at once with the caller’s reason when aborted, in the middle of a body', async () => {
    const controller = new AbortController();
    const reason = new Error('stopping');
    const { port } = await serve((_request, response) => {
      response.write(body.slice(0, 20), () => {
        controller.abort(reason);
      });
    });
    const client = createLapiClient({ url: `http://127.0.0.1:${port}`, userAgent: 'test/v1' });
    await expect(client.pullFull({}, () => {}, controller.signal)).rejects.toBe(reason);
    await expect(client.pullDelta({}, controller.signal)).rejects.toBe(reason);
  });

  it('takes a port that speaks something else for what it is', async () => {
    const server = await serve((request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect((await failure(server.port)).kind).toBe('protocol');
  });
});

describe('LAPI client, when there is no way to LAPI', () => {
  it('says that the connection was refused', async () => {
    // A port that was free a moment ago: one that a client socket holds cannot be listened on.
    const server = await serve(answer(''));
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const free = socket.localPort ?? 0;
    const error = await failure(free);
    socket.destroy();
    expect(error.kind).toBe('refused');
    expect(error.message).toBe(`connection refused: 127.0.0.1:${free}`);
  });

  it('takes a key with an impossible character for a bad key, and sends nothing', async () => {
    const server = await serve(answer(body));
    const error = await failure(server.port, { apiKey: () => `${KEY}\nX-Other: 1` });
    expect(error).toBeInstanceOf(AuthError);
    expect(server.requests).toEqual([]);
  });

  it.each([
    '',
    'crowdsec.protected.lan/lapi',
    'ftp://host/',
    'unix:lapi.sock',
    'http://',
    `http://bob:${KEY}@host/`,
    'http://host/?a=b',
    'http://host/#x',
  ])('refuses the address %j before anything is sent', (url) => {
    const make = () => createLapiClient({ url, userAgent: 'test/v1' });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(/CROWDSEC_API_URL/);
    expect(make).not.toThrow(KEY);
  });
});
