import { OpnSenseSandbox, parsePrefix, startLapi } from '@bouncer/sandbox';
import { systemClock } from '@bouncer/stream';
import { expect, it, onTestFinished } from 'vitest';
import { ApiClient } from '../src/api/api-client.ts';
import { OpnSenseApi } from '../src/opnsense/opnsense-api.ts';
import { OpnSenseTarget } from '../src/opnsense/opnsense-target.ts';
import { addresses, calm, usualOffer } from './fixture.ts';
import { command } from './product.ts';

const ALIAS = 'crowdsec_blacklists';

async function scene() {
  const sandbox = await OpnSenseSandbox.start();
  const bans = addresses(3).map((value) => ({ value, duration: 3600 }));
  const lapi = await startLapi({ decisions: bans });
  onTestFinished(async () => {
    await lapi.close();
    await sandbox.close();
  });
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    PFSENSE_MODE: 'opnsense',
    PFSENSE_API_URL: sandbox.url,
    PFSENSE_API_KEY: sandbox.key,
    PFSENSE_API_SECRET: sandbox.secret,
    HTTP_LISTEN: 'off',
  };
  const held = (): string[] => sandbox.table.sorted().map(({ text }) => text);
  return { sandbox, env, held };
}

it('setup --apply tells first, makes alias and rule, has both loaded, and does so once', async () => {
  const { sandbox, env, held } = await scene();
  sandbox.alias = undefined;
  sandbox.rules = [];
  sandbox.load();
  const dry = await command({ ...env, DRY_RUN: 'true' }, 'setup', '--apply');
  expect(dry.stdout).toContain(`alias ${ALIAS}: new, type external\nrule: new`);
  expect([sandbox.writes, sandbox.alias]).toEqual([0, undefined]);
  expect((await command(env, 'setup', '--apply')).code).toBe(0);
  expect([sandbox.isLoaded, sandbox.reconfigures, sandbox.loadedRules.length]).toEqual([true, 1, 1]);
  expect(sandbox.alias).toMatchObject({ name: ALIAS, type: 'external', enabled: '1' });
  const again = await command(env, 'setup', '--apply');
  expect(again.stdout).toContain(`done\nalias ${ALIAS}: is there\nrule: is there`);
  expect([sandbox.reconfigures, sandbox.writes]).toEqual([1, 2]);
  expect((await command(env, 'sync')).code).toBe(0);
  expect(held()).toEqual(addresses(3));
  expect((await command(env, 'check')).stdout).not.toContain('FAIL');
});

it('an alias that is disabled is named, and setup --apply enables it and has it loaded', async () => {
  const { sandbox, env, held } = await scene();
  sandbox.alias!.enabled = '0';
  sandbox.load();
  const refused = await command(env, 'sync');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is disabled')]);
  expect(sandbox.reconfigures).toBe(0);
  expect((await command(env, 'setup', '--apply')).stdout).toContain(`alias ${ALIAS}: enabled`);
  expect(sandbox.reconfigures).toBe(1);
  expect((await command(env, 'sync')).code).toBe(0);
  expect([held(), sandbox.loadedRules.length]).toEqual([addresses(3), 1]);
});

it('an alias that was saved and not applied is loaded before anything is added to it', async () => {
  const { sandbox, env, held } = await scene();
  // Its rule was left out as well: an address added now would be in a table that nothing uses.
  sandbox.isLoaded = false;
  sandbox.loadedRules = [];
  expect((await command(env, 'sync')).code).toBe(0);
  expect([held(), sandbox.loadedRules.length, sandbox.reconfigures]).toEqual([addresses(3), 1, 1]);
});

it('a list that a reboot has emptied is filled again, without a reconfigure that is not needed', async () => {
  const { sandbox, env, held } = await scene();
  await command(env, 'sync');
  sandbox.reboot();
  expect(held()).toEqual([]);
  expect((await command(env, 'sync')).code).toBe(0);
  expect([held(), sandbox.reconfigures]).toEqual([addresses(3), 0]);
});

it('says so when the table cannot be loaded', async () => {
  const { sandbox, env } = await scene();
  sandbox.isLoaded = false;
  sandbox.api.intercept = ({ path }) =>
    path.endsWith('/reconfigure') ? { status: 200, body: { status: 'ok' } } : undefined;
  const { code, stderr } = await command(env, 'sync');
  expect([code, stderr]).toEqual([1, expect.stringContaining(`pf has no table ${ALIAS}`)]);
});

it('reads a list that is longer than OPNsense gives without being asked', async () => {
  const { sandbox, env } = await scene();
  sandbox.table.add(addresses(10_500).map((text) => parsePrefix(text)));
  const { stdout } = await command(env, 'plan', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ create: 0, delete: 10_497, unchanged: 3 });
});

it('tells by family what the rules of the alias have dropped, and nothing when that may not be seen', async () => {
  const { sandbox } = await scene();
  const login = Buffer.from(`${sandbox.key}:${sandbox.secret}`).toString('base64');
  const headers = () => ({ Authorization: `Basic ${login}` });
  const api = new OpnSenseApi(new ApiClient({ url: sandbox.url, headers, refresh: () => false }), ALIAS);
  const target = new OpnSenseTarget('opnsense', api, { url: sandbox.url }, systemClock, {
    ...{ killStates: true, offer: usualOffer },
  });
  expect(await target.counters(calm)).toEqual([]);
  sandbox.table.counters = { packets: 9, bytes: 600 };
  const counted = { inet: { packets: 7, bytes: 420 }, inet6: { packets: 2, bytes: 180 } };
  sandbox.rules = [{ action: 'block', ipprotocol: 'inet46', source_net: ALIAS, enabled: '1', counted }];
  sandbox.load();
  expect(await target.counters(calm)).toEqual([
    { family: 4, ...counted.inet },
    { family: 6, ...counted.inet6 },
  ]);
});

it('ends the connections of newly banned addresses and ranges, and no others; without the right to it, that is told', async () => {
  const { sandbox, env, held } = await scene();
  sandbox.states = [
    ['45.0.0.1', '192.168.1.10'],
    ['192.168.1.10', '45.0.0.2'],
    ['198.51.100.9', '192.168.1.10'],
  ];
  expect((await command({ ...env, PFSENSE_KILL_STATES: 'false' }, 'sync')).code).toBe(0);
  expect(sandbox.states).toHaveLength(3);
  sandbox.reboot();
  expect((await command(env, 'sync')).code).toBe(0);
  expect(sandbox.states).toEqual([['198.51.100.9', '192.168.1.10']]);
  sandbox.reboot();
  sandbox.forbidden = ['/api/diagnostics/firewall/kill_states'];
  expect((await command(env, 'sync')).code).toBe(0);
  expect(held()).toEqual(addresses(3));
});

it.each([
  ['wan', 'in', [['wan', 'in', ALIAS, 'any']]],
  [
    'floating',
    'both',
    [
      ['', 'out', 'any', ALIAS],
      ['', 'in', ALIAS, 'any'],
    ],
  ],
  ['wan,opt1', 'in', [['wan,opt1', 'in', ALIAS, 'any']]],
])('setup makes the rule on %s, %s, and takes it away again', async (interfaces, direction, rules) => {
  const { sandbox, env } = await scene();
  sandbox.alias = undefined;
  sandbox.rules = [];
  sandbox.load();
  const all = { ...env, PFSENSE_RULE_INTERFACES: interfaces, PFSENSE_RULE_DIRECTION: direction };
  expect((await command(all, 'setup', '--apply')).code).toBe(0);
  const made = sandbox.rules as unknown as Record<string, string>[];
  expect(
    made.map((rule) => [rule['interface'], rule['direction'], rule['source_net'], rule['destination_net']]),
  ).toEqual(rules);
  expect((await command(all, 'setup', '--remove')).stdout).toMatch(
    /to be removed\nrule: removed[^]*alias \w+: removed[^]*done/,
  );
  expect([sandbox.rules, sandbox.alias]).toEqual([[], undefined]);
  expect((await command(all, 'setup', '--remove')).stdout).toContain('nothing to do');
});

it('setup --apply adds what of the offer is missing beside rules that are there, once', async () => {
  const { sandbox, env } = await scene();
  sandbox.alias = undefined;
  sandbox.rules = [];
  sandbox.load();
  expect((await command(env, 'setup', '--apply')).code).toBe(0);
  const more = { ...env, PFSENSE_RULE_INTERFACES: 'wan,opt1,opt2', PFSENSE_RULE_DIRECTION: 'both' };
  expect((await command(more, 'setup', '--apply')).code).toBe(0);
  const made = sandbox.rules as unknown as Record<string, string>[];
  const sides = made.map((rule) => [rule['interface'], rule['direction'], rule['source_net'], rule['destination_net']]);
  expect(sides).toHaveLength(3);
  expect(sides).toEqual(
    expect.arrayContaining([
      ['wan', 'in', ALIAS, 'any'],
      ['opt1,opt2', 'in', ALIAS, 'any'],
      ['wan,opt1,opt2', 'out', 'any', ALIAS],
    ]),
  );
  const { writes } = sandbox;
  expect((await command(more, 'setup', '--apply')).stdout).toContain(
    'rule: is there\nrule for what goes out: is there',
  );
  expect(sandbox.writes).toBe(writes);
});
