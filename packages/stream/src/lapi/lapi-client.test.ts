import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answer, serve } from '../../test/loopback-server.ts';
import type { WireDecision } from '../decisions/wire-decision.ts';
import { createLapiClient } from './create-lapi-client.ts';
import type { LapiOptions } from './create-lapi-client.ts';

const signal = new AbortController().signal;

const one = {
  duration: '4h',
  id: 1,
  origin: 'cscli',
  scenario: 'test',
  scope: 'Ip',
  type: 'ban',
  value: '203.0.113.7',
};
const two = { ...one, id: 2, value: '203.0.113.8' };

function clientOf(port: number, options: Partial<LapiOptions> = {}, path = '') {
  const url = `http://127.0.0.1:${port}${path}`;
  return createLapiClient({ url, userAgent: 'crowdsec-test-bouncer/v1.2.3', apiKey: () => 'test-key', ...options });
}

async function pullFull(client: ReturnType<typeof clientOf>) {
  const decisions: WireDecision[] = [];
  const result = await client.pullFull({}, (decision) => decisions.push(decision), signal);
  return { decisions, result };
}

describe('LAPI client', () => {
  it.each([
    JSON.stringify({ deleted: [two], new: [one] }),
    JSON.stringify({ new: [{ ...one, uuid: '0c0f5f1e', simulated: false }], deleted: [two] }),
    `{"new": [${JSON.stringify(one)}\n], "deleted": null}`,
    JSON.stringify({ new: [one] }),
  ])('takes the new decisions of a full pull, and no others, from %s', async (body) => {
    const { port } = await serve(answer(body));
    const { decisions, result } = await pullFull(clientOf(port));
    expect(decisions).toEqual([one]);
    expect(result).toMatchObject({ decisions: 1, malformed: 0, bytes: body.length });
  });

  it.each(['{"deleted":null,"new":null}', '{"new": [], "deleted": []}', '{"new":[]}', '{"new":null}'])(
    'takes %s for nothing at all',
    async (body) => {
      const { port } = await serve(answer(body));
      const client = clientOf(port);
      expect((await pullFull(client)).decisions).toEqual([]);
      expect(await client.pullDelta({}, signal)).toEqual({
        decisions: 0,
        malformed: 0,
        bytes: body.length,
        deleted: [],
        added: [],
      });
    },
  );

  it('hands over what a full pull names as deleted to whoever wants to know', async () => {
    const { port } = await serve(answer(JSON.stringify({ deleted: [two], new: [one] })));
    const seen: string[] = [];
    const note = (kind: string) => (decision: WireDecision) => void seen.push(`${kind} ${decision.id}`);
    await clientOf(port).pullFull({}, note('new'), signal, note('deleted'));
    expect(seen.sort()).toEqual(['deleted 2', 'new 1']);
  });

  it('tells additions from deletions in a delta, whichever comes first', async () => {
    for (const body of [
      { deleted: [two], new: [one] },
      { new: [one], deleted: [two] },
    ]) {
      const { port } = await serve(answer(JSON.stringify(body)));
      expect(await clientOf(port).pullDelta({}, signal)).toMatchObject({ deleted: [two], added: [one] });
    }
  });

  it('counts elements that are no decisions, and keeps the rest', async () => {
    const odd = [
      null,
      7,
      'x',
      [],
      {},
      { ...one, id: '1' },
      { ...one, id: 1.5 },
      { ...one, value: null },
      { ...one, duration: 4 },
    ];
    const { port } = await serve(answer(JSON.stringify({ new: [one, ...odd, two] })));
    const { decisions, result } = await pullFull(clientOf(port));
    expect(decisions).toEqual([one, two]);
    expect(result.malformed).toBe(odd.length);
  });

  it('reads a body that arrives byte by byte', async () => {
    const body = JSON.stringify({ deleted: [two], new: [one, { ...one, scenario: 'é😀"\\' }] });
    const { port } = await serve((_request, response) => {
      const bytes = Buffer.from(body);
      let sent = 0;
      const next = () => {
        if (sent === bytes.length) response.end();
        else response.write(bytes.subarray(sent, ++sent), next);
      };
      next();
    });
    expect(await clientOf(port).pullDelta({}, signal)).toMatchObject({
      deleted: [two],
      added: [one, { scenario: 'é😀"\\' }],
    });
  });

  it('accepts what a proxy compressed', async () => {
    const { port } = await serve(answer(gzipSync(JSON.stringify({ new: [one] })), 200, { 'content-encoding': 'gzip' }));
    expect((await pullFull(clientOf(port))).decisions).toEqual([one]);
  });

  it('asks for each decision on its own, with startup spelled as LAPI wants it', async () => {
    const server = await serve(answer('{"new":null}'));
    const client = clientOf(server.port);
    await pullFull(client);
    await client.pullDelta({ origins: [], scenariosContaining: [], scenariosNotContaining: [] }, signal);
    const filters = { origins: ['CAPI', 'lists'], scenariosContaining: ['ssh', 'a b'], scenariosNotContaining: ['x'] };
    await client.pullDelta(filters, signal);
    expect(server.requests).toEqual([
      'GET /v1/decisions/stream?startup=true&dedup=false',
      'GET /v1/decisions/stream?startup=false&dedup=false',
      'GET /v1/decisions/stream?startup=false&dedup=false&origins=CAPI%2Clists&scenarios_containing=ssh%2Ca+b&scenarios_not_containing=x',
    ]);
  });

  it.each(['', '/', '///', '/lapi', '/lapi/', '/a/b//'])('joins the path prefix %j', async (path) => {
    const server = await serve(answer('{"new":null}'));
    await pullFull(clientOf(server.port, {}, path));
    const prefix = path.replace(/\/+$/, '');
    expect(server.requests).toEqual([`GET ${prefix}/v1/decisions/stream?startup=true&dedup=false`]);
  });

  it('sends the User-Agent as given, and the key as it is now, trimmed', async () => {
    const server = await serve(answer('{"new":null}'));
    let key = 'first\n';
    const client = clientOf(server.port, { apiKey: () => key });
    await pullFull(client);
    key = ' second ';
    await pullFull(client);
    expect(server.headers.map((headers) => headers['x-api-key'])).toEqual(['first', 'second']);
    expect(server.headers[0]?.['user-agent']).toBe('crowdsec-test-bouncer/v1.2.3');
  });

  it('keeps its connection from pull to pull', async () => {
    const server = await serve(answer(JSON.stringify({ new: [one] })));
    const client = clientOf(server.port);
    for (let pull = 0; pull < 3; pull++) await pullFull(client);
    expect(server.connections).toBe(1);
  });

  it.each([
    ['null', []],
    ['[]', []],
    [JSON.stringify([one, { bad: true }, two]), [one, two]],
  ])('lists all decisions without the stream endpoint: %s', async (body, expected) => {
    const server = await serve(answer(body));
    const decisions: WireDecision[] = [];
    for await (const decision of clientOf(server.port).decisions(signal)) decisions.push(decision);
    expect(decisions).toEqual(expected);
    expect(server.requests).toEqual(['GET /v1/decisions']);
  });

  it('pushes usage metrics, and learns that an old LAPI has no place for them', async () => {
    let body = '';
    const server = await serve((request, response) => {
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => response.writeHead(server.requests.length === 1 ? 201 : 404).end());
    });
    const client = clientOf(server.port);
    expect(await client.pushUsageMetrics({ remediation_components: [] }, signal)).toBe('accepted');
    expect(await client.pushUsageMetrics({ remediation_components: [] }, signal)).toBe('unsupported');
    expect(body).toBe('{"remediation_components":[]}'.repeat(2));
    expect(server.requests[0]).toBe('POST /v1/usage-metrics');
  });
});
