import { applyBy, heldOf, listBy } from '@bouncer/testkit';
import { RestSandbox, problem, startLapi, type RestSandboxOptions } from '@bouncer/sandbox';
import { AuthError, BouncerError, ConfigError, ManualClock, TransientError, type Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ApiClient } from '../src/api/api-client.ts';
import { RestApi } from '../src/rest/rest-api.ts';
import { RestTarget } from '../src/rest/rest-target.ts';
import { addresses, calm, entry, Told, usualOffer } from './fixture.ts';
import { command } from './product.ts';

const ALIAS = 'crowdsec_blacklists';

async function scene(options: RestSandboxOptions = {}, key?: string) {
  const sandbox = await RestSandbox.start(options);
  onTestFinished(() => sandbox.close());
  const clock = new ManualClock();
  const client = new ApiClient({
    url: sandbox.url,
    headers: () => ({ 'X-API-Key': key ?? sandbox.key }),
    refresh: () => false,
  });
  const target = new RestTarget('pfsense', new RestApi(client, ALIAS), { url: sandbox.url }, clock, {
    ...{ writeInterval: 600, killStates: true, offer: usualOffer },
  });
  const create = (texts: readonly string[]) =>
    applyBy(target, { create: texts.map((one) => entry(clock, one)), update: [], delete: [] }, new Told(), calm);
  return { sandbox, clock, target, create };
}

async function failure(work: Promise<unknown>): Promise<BouncerError> {
  const error: unknown = await work.then(
    () => new Error('it worked'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof BouncerError)) throw error as Error;
  return error;
}

it('writes the whole alias once and applies once, with a mask behind every address', async () => {
  const { sandbox, target, create } = await scene();
  await target.open(calm);
  await listBy(target, calm);
  await create(['198.51.100.7', '203.0.113.0/24', '2001:db8::1']);
  expect(sandbox.loaded.get(ALIAS)).toEqual(['198.51.100.7/32', '203.0.113.0/24', '2001:db8::1/128']);
  const changes = sandbox.api.requests.filter(({ method }) => method !== 'GET');
  expect(changes.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'PATCH /api/v2/firewall/alias',
    'POST /api/v2/firewall/apply',
  ]);
  expect(changes[0]?.body).toMatchObject({ name: ALIAS });
});

it('writes at most every ten minutes, and then what there is by then', async () => {
  const { sandbox, target, create, clock } = await scene();
  await listBy(target, calm);
  await create(['198.51.100.7']);
  await create(['198.51.100.8']);
  const early = async (): Promise<boolean> => target.verify(heldOf(target) as never, calm);
  await clock.advance(599_000);
  expect([sandbox.writes, await early()]).toEqual([1, true]);
  await clock.advance(1000);
  // Then the engine is asked for all that is missing.
  expect(await early()).toBe(false);
  await listBy(target, calm);
  await create(['198.51.100.8', '198.51.100.9']);
  expect(sandbox.writes).toBe(2);
  expect(sandbox.loaded.get(ALIAS)).toHaveLength(3);
  expect(await early()).toBe(true);
});

it("never applies an administrator's own changes: it waits for him, writes nothing meanwhile, and says so", async () => {
  const { sandbox, target, create } = await scene();
  await listBy(target, calm);
  sandbox.pending.add('filter');
  const error = await failure(create(['198.51.100.7']));
  expect(error).toBeInstanceOf(TransientError);
  expect(error.message).toContain('changes of an administrator wait to be applied (filter)');
  expect(error.hint).toContain('Apply Changes');
  expect([sandbox.writes, [...sandbox.pending]]).toEqual([0, ['filter']]);
  sandbox.pending.clear();
  await create(['198.51.100.7']);
  expect(sandbox.loaded.get(ALIAS)).toEqual(['198.51.100.7/32']);
  // An alias of his that waits after a restart of ours is not told apart by its name.
  const { sandbox: other, target: restarted } = await scene();
  other.pending.add('aliases');
  expect((await listBy(restarted, calm)).needsApply).toBe(false);
  expect([...other.pending]).toEqual(['aliases']);
});

it("never writes into somebody else's alias, though the places have moved", async () => {
  const { sandbox, target, create } = await scene();
  await listBy(target, calm);
  sandbox.api.intercept = ({ method }) => {
    if (method === 'PATCH') sandbox.aliases.unshift({ name: 'new', type: 'network', address: ['10.1.0.0/16'] });
    return undefined;
  };
  expect(await failure(create(['198.51.100.7']))).toBeInstanceOf(TransientError);
  expect(sandbox.aliases.map(({ address }) => address)).toEqual([['10.1.0.0/16'], ['10.0.0.1'], []]);
});

it('applies later what was written and not applied', async () => {
  const { sandbox, target, create } = await scene();
  await listBy(target, calm);
  sandbox.api.intercept = ({ method, path }) => (method === 'POST' && path.endsWith('/apply') ? 'cut' : undefined);
  expect(await failure(create(['198.51.100.7']))).toBeInstanceOf(TransientError);
  expect(sandbox.loaded.get(ALIAS)).toEqual([]);
  sandbox.api.intercept = undefined;
  const { held, needsApply } = await listBy(target, calm);
  expect([held.has('198.51.100.7' as Network), needsApply]).toEqual([true, true]);
  await create([]);
  expect(sandbox.loaded.get(ALIAS)).toEqual(['198.51.100.7/32']);
});

it.each([
  ['the key is wrong', {}, 'wrong', AuthError, '401', 'check the key'],
  [
    'a privilege is missing',
    { missingPrivileges: ['api-v2-firewall-aliases-get'] },
    undefined,
    AuthError,
    '403',
    'api-v2-firewall-aliases-get',
  ],
  ['the alias is missing', { aliases: [] }, undefined, ConfigError, 'no alias', 'setup'],
  [
    'the alias is of another type',
    { aliases: [{ name: ALIAS, type: 'host', address: [] }] },
    undefined,
    ConfigError,
    'type host',
    'Network(s)',
  ],
] as [string, RestSandboxOptions, string | undefined, typeof AuthError, string, string][])(
  'says what to do when %s',
  async (_, options, key, kind, says, fix) => {
    const { target } = await scene(options, key);
    const error = await failure(target.open(calm));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(says);
    expect(error.hint).toContain(fix);
  },
);

it('says what to do about 128 addresses at most, a read-only API and a busy one', async () => {
  const old = await scene({ maxAddresses: 128 });
  await listBy(old.target, calm);
  expect((await failure(old.create(addresses(129)))).hint).toContain('MAX_ENTRIES=128');
  const readOnly = await scene({ readOnly: true });
  await listBy(readOnly.target, calm);
  expect((await failure(readOnly.create(['198.51.100.7']))).hint).toContain('Read Only');
  const busy = await scene();
  await listBy(busy.target, calm);
  busy.sandbox.api.intercept = () => problem(503, 'MODEL_WRITE_CONFIG_LOCKED', 'The configuration is locked.');
  expect(await failure(busy.create(['198.51.100.7']))).toBeInstanceOf(TransientError);
  expect(busy.sandbox.alias()?.address).toEqual([]);
});

describe('more bans than the API is given', () => {
  async function full(env: Record<string, string> = {}) {
    const sandbox = await RestSandbox.start();
    const many = addresses(5100).map((value) => ({ value, duration: 3600, origin: 'CAPI' }));
    const lapi = await startLapi({ decisions: [...many, { value: '198.51.100.7', duration: 60, origin: 'cscli' }] });
    onTestFinished(async () => {
      await lapi.close();
      await sandbox.close();
    });
    const access = { PFSENSE_MODE: 'rest', PFSENSE_API_URL: sandbox.url, PFSENSE_API_KEY: sandbox.key };
    const all = {
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      HTTP_LISTEN: 'off',
      ...access,
      ...env,
    };
    return { sandbox, run: (...args: string[]) => command(all, ...args) };
  }

  it('are cut to 5,000, local decisions first, and it is said so in plan, log and exit', async () => {
    const { sandbox, run } = await full();
    const plan = JSON.parse((await run('plan', '--json')).stdout) as { create: number; skipped: { reason: string }[] };
    expect(plan.create).toBe(5000);
    expect(plan.skipped.every(({ reason }) => reason === 'over MAX_ENTRIES')).toBe(true);
    const sync = await run('sync');
    expect(sync.code).toBe(0);
    expect(sync.stdout).toMatch(/MAX_ENTRIES.*kept=5000 leftOut=101/);
    expect(sandbox.alias()?.address).toHaveLength(5000);
    expect(sandbox.alias()?.address).toContain('198.51.100.7/32');
  });

  it('are taken as MAX_ENTRIES says, more and fewer', async () => {
    const { sandbox, run } = await full({ MAX_ENTRIES: '6000' });
    const { stdout } = await run('sync');
    expect([sandbox.alias()?.address.length, stdout.includes('leftOut')]).toEqual([5101, false]);
    const fewer = await full({ MAX_ENTRIES: '10' });
    await fewer.run('sync');
    expect(fewer.sandbox.alias()?.address).toHaveLength(10);
  });
});

/** A firewall without alias and rule, and what `setup` needs to reach it. */
async function untouched(): Promise<{ sandbox: RestSandbox; env: Record<string, string> }> {
  const sandbox = await RestSandbox.start({ aliases: [] });
  onTestFinished(() => sandbox.close());
  const env = {
    CROWDSEC_API_URL: 'http://127.0.0.1:9',
    CROWDSEC_BOUNCER_API_KEY: 'none',
    PFSENSE_MODE: 'rest',
    PFSENSE_API_URL: sandbox.url,
    PFSENSE_API_KEY: sandbox.key,
  };
  return { sandbox, env };
}

it('setup --apply tells first, makes alias and rule, applies once, and does so once', async () => {
  const { sandbox, env } = await untouched();
  const dry = await command({ ...env, DRY_RUN: 'true' }, 'setup', '--apply');
  expect(dry.stdout).toContain(`alias ${ALIAS}: new, type network\nrule: new, block in on wan`);
  expect([sandbox.writes, sandbox.aliases]).toEqual([0, []]);
  expect((await command(env, 'setup', '--apply')).code).toBe(0);
  expect([sandbox.alias()?.type, sandbox.rules, sandbox.applied]).toEqual(['network', [ALIAS], true]);
  const { writes } = sandbox;
  expect((await command(env, 'setup', '--apply')).stdout).toContain(`done\nalias ${ALIAS}: is there\nrule: is there`);
  expect(sandbox.writes).toBe(writes);
});

it('setup --remove takes rule and alias away, in this order, and applies once', async () => {
  const { sandbox, env: usual } = await untouched();
  const env = { ...usual, PFSENSE_RULE_DIRECTION: 'both', PFSENSE_RULE_LOG: 'true' };
  expect((await command(env, 'setup', '--apply')).stdout).toContain('block out on wan');
  expect(sandbox.made.filter((rule) => rule['log'] === true)).toHaveLength(2);
  const { stdout, code } = await command(env, 'setup', '--remove');
  expect([code, stdout]).toEqual([0, expect.stringContaining(`rule: removed\nrule: removed\nalias ${ALIAS}: removed`)]);
  expect([sandbox.aliases, sandbox.rules, sandbox.applied]).toEqual([[], [], true]);
});

it('setup --apply adds what of the offer is missing beside rules that are there, once', async () => {
  const { sandbox, env } = await untouched();
  expect((await command(env, 'setup', '--apply')).code).toBe(0);
  const more = { ...env, PFSENSE_RULE_INTERFACES: 'wan,opt1', PFSENSE_RULE_DIRECTION: 'both' };
  const { stdout } = await command(more, 'setup', '--apply');
  expect(stdout).toContain('done');
  expect(stdout.split('done')[1]).toBe(`
alias ${ALIAS}: is there
rule: is there
rule: new, block in on opt1, IPv4 and IPv6, source ${ALIAS}
rule: new, block out on wan, opt1, IPv4 and IPv6, destination ${ALIAS}
`);
  const sides = sandbox.made.map((rule) => [rule['interface'], rule['source'], rule['destination']]);
  expect(sides).toHaveLength(3);
  expect(sides).toEqual(
    expect.arrayContaining([
      [['wan'], ALIAS, 'any'],
      [['opt1'], ALIAS, 'any'],
      [['wan', 'opt1'], 'any', ALIAS],
    ]),
  );
  const { writes } = sandbox;
  expect((await command(more, 'setup', '--apply')).stdout).toContain(
    'rule: is there\nrule for what goes out: is there',
  );
  expect(sandbox.writes).toBe(writes);
});
