import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryTarget, silentLogger, type DropCounters } from '@bouncer/target';
import { startHttpServer } from './http-server.ts';
import type { HttpServerOptions } from './http-server.ts';
import { fakeSource, targetStatus } from './testing.ts';
import type { FakeSource } from './testing.ts';

async function serve(source: FakeSource, change: Partial<HttpServerOptions> = {}): Promise<string> {
  const server = await startHttpServer({
    ...source,
    listen: '127.0.0.1:0',
    log: silentLogger,
    loadPage: () => undefined,
    ...change,
  });
  onTestFinished(() => server.close());
  return server.url.slice(0, -1);
}

describe('the server', () => {
  it('answers probes with their reasons', async () => {
    const source = fakeSource();
    const url = await serve(source);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      type: 'crowdsec-mikrotik-bouncer',
      status: 'ok',
      reasons: [],
    });
    source.now = { ...source.now, ready: false, targets: [targetStatus({ state: 'away' })] };
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ status: 'failing', reasons: ['mikrotik 192.168.88.1 is away'] });
  });

  it('gives the same numbers as JSON, without a known secret', async () => {
    const source = fakeSource();
    const lastError = { message: 'login of crowdsec with hunter22 refused', hint: 'check hunter22', at: 1 };
    source.now = { ...source.now, targets: [targetStatus({ lastError })] };
    const url = await serve(source, { hide: (text) => text.replaceAll('hunter22', '***') });
    const report = (await (await fetch(`${url}/status.json`)).json()) as object;
    expect(report).toMatchObject({ type: 'crowdsec-mikrotik-bouncer', ready: true, blocked: 3, stream: { pulls: 7 } });
    expect(JSON.stringify(report)).not.toContain('hunter22');
    expect(await (await fetch(`${url}/`)).text()).not.toContain('hunter22');
  });

  it('serves metrics with the drops of devices that count', async () => {
    class Counting extends MemoryTarget {
      counters(): Promise<readonly DropCounters[]> {
        return Promise.resolve([{ family: 6, packets: 11, bytes: 660 }]);
      }
    }
    const url = await serve(fakeSource(), { targets: [new Counting({ name: 'fw' }), new MemoryTarget()] });
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('dropped_packets_total{target="fw",family="ipv6",origin=""} 11');
  });

  it('knows nothing else, and takes no writes', async () => {
    const url = await serve(fakeSource());
    expect((await fetch(`${url}/favicon.ico`)).status).toBe(404);
    expect((await fetch(`${url}/status.json/`)).status).toBe(404);
    const post = await fetch(`${url}/`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await fetch(`${url}/`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('gives the facts as text where the page was not built, under a policy that lets nothing run, and trusts no Host', async () => {
    const url = await serve(fakeSource());
    for (const path of ['', 'plain']) {
      const { headers } = await fetch(`${url}/${path}`);
      expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    }
    const named = await new Promise<string>((resolve, reject) => {
      const asked = request(`${url}/`, { headers: { host: 'evil.example' } }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          resolve(JSON.stringify(response.headers) + Buffer.concat(pieces).toString());
        });
      });
      asked.on('error', reject).end();
    });
    expect(named).not.toContain('evil.example');
  });

  it('gives the built page as it was compressed, let through by its own hashes, and to all that take it or not', async () => {
    const document = '<!doctype html><title>built</title>';
    const built = { gzip: gzipSync(document).toString('base64'), script: "'sha256-a'", style: "'sha256-b'" };
    const url = await serve(fakeSource(), { loadPage: () => built });
    for (const [encoding, got] of [
      ['gzip, br', 'gzip'],
      ['identity', null],
      ['gzip;q=0', null],
    ] as const) {
      const answer = await fetch(`${url}/`, { headers: { 'accept-encoding': encoding } });
      expect(await answer.text()).toBe(document);
      expect(answer.headers.get('content-encoding')).toBe(got);
      expect(answer.headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'sha256-a'; style-src 'sha256-b'; connect-src 'self'; img-src data:; " +
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
    }
    expect(await (await fetch(`${url}/plain`)).text()).toContain('networks are blocked');
  });

  it('does not wait for a client that never finishes when it is closed', async () => {
    const server = await startHttpServer({ ...fakeSource(), listen: '127.0.0.1:0', log: silentLogger });
    const slow = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
    slow.on('error', () => undefined);
    await once(slow, 'connect');
    slow.write('GET / HTTP/1.1\r\nHost: a\r\n');
    // Another request in between: by its answer the server has met the slow one.
    await fetch(server.url);
    const cut = once(slow, 'close');
    await server.close();
    await cut;
  });

  it('says when it cannot listen, and frees its port when closed', async () => {
    const source = fakeSource();
    const first = await startHttpServer({ ...source, listen: '127.0.0.1:0', log: silentLogger });
    const listen = new URL(first.url).host;
    await expect(startHttpServer({ ...source, listen, log: silentLogger })).rejects.toThrow('EADDRINUSE');
    await first.close();
    await serve(source, { listen });
  });
});
