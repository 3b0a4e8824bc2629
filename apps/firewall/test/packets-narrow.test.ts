import { until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { Lab, SERVER } from './lab.ts';
import { kernelMissing } from './namespace.ts';

const reason = kernelMissing();
const BANNED = '45.83.64.1';
const FREE = '45.83.64.2';

type Settings = Readonly<Record<string, string>>;

/** What `check` says of table and rules. */
async function checked(lab: Lab, env: Settings): Promise<string> {
  const check = lab.start(env, ['check']);
  await check.ended;
  return check.stdout;
}

const hostReaches = (lab: Lab, to: string): Promise<boolean> => reaches(lab.host.run(`ping -n -c 1 -W 0.3 ${to}`));
const serverReaches = (lab: Lab, to: string): Promise<boolean> => reaches(lab.server.run(`ping -n -c 1 -W 0.3 ${to}`));

async function reaches(ping: Promise<string>): Promise<boolean> {
  return ping.then(
    () => true,
    () => false,
  );
}

describe.skipIf(reason !== undefined).each(['nftables', 'iptables'])(
  `real packets, narrowed, %s (${reason ?? 'ready'})`,
  (mode) => {
    const isNft = mode === 'nftables';
    const intact = isNft ? /^ok table/m : /^ok sets/m;

    async function started(lab: Lab, env: Settings): Promise<string> {
      await lab.tell([`ban ${BANNED}`, 'ban 2a01:4f8::1']);
      lab.start({ FIREWALL_MODE: mode, ...env });
      await until('the ban counts', async () => !(await lab.answers(BANNED)) && !(await lab.answers('2a01:4f8::1')));
      const seen = await checked(lab, { FIREWALL_MODE: mode, ...env });
      expect(seen).toMatch(intact);
      expect(seen).not.toMatch(/^(?:FAIL|warn) (?:rules|table|sets|hooks)/m);
      return seen;
    }

    it('replies to own connections are let in, what it opens itself is not', async () => {
      await using lab = await Lab.create();
      await started(lab, { FIREWALL_CONNECTIONS: 'incoming' });
      expect([await hostReaches(lab, BANNED), await serverReaches(lab, BANNED)]).toEqual([true, true]);
      expect([await lab.answers(BANNED), await lab.answers(BANNED, SERVER)]).toEqual([false, false]);
    });

    it('what goes out is blocked from this host and through it, when asked for', async () => {
      await using lab = await Lab.create();
      const env = {
        FIREWALL_CONNECTIONS: 'incoming',
        FIREWALL_BLOCK_OUTGOING: 'true',
        FIREWALL_DENY_LOG: 'true',
        FIREWALL_LOG_PREFIX: 'out there:',
      };
      await started(lab, env);
      expect([await hostReaches(lab, BANNED), await serverReaches(lab, BANNED)]).toEqual([false, false]);
      expect([await hostReaches(lab, FREE), await serverReaches(lab, FREE)]).toEqual([true, true]);
      const rules = isNft
        ? `${await lab.host.run('nft list chain inet crowdsec crowdsec_output')}${await lab.host.run('nft list chain inet crowdsec crowdsec_deny')}`
        : await lab.host.run('iptables-save -t filter');
      expect(rules).toContain('"out there: "');
      // A hand takes the rule away: it comes back.
      await lab.host.run(isNft ? 'nft flush chain inet crowdsec crowdsec_output' : 'iptables -F OUTPUT');
      expect(await checked(lab, { FIREWALL_MODE: mode, ...env })).toMatch(
        isNft ? /^warn table .*crowdsec_output/m : /^warn sets .*OUTPUT/m,
      );
      await until('it is blocked again', async () => !(await hostReaches(lab, BANNED)));
    });

    it('an open connection goes on with "new", and nothing new is let in', async () => {
      await using lab = await Lab.create();
      await started(lab, { FIREWALL_CONNECTIONS: 'new' });
      const open = lab.probe(FREE);
      await until(
        'it is under way',
        async () =>
          (await lab.host.run('cat /proc/net/nf_conntrack').catch(() => '')).includes(FREE) ||
          (await lab.answers(FREE)),
      );
      await lab.tell([`ban ${FREE}`]);
      await until('a new one is not let in', async () => !(await lab.connects(FREE)));
      const { sent, received } = await open.stop();
      expect(sent - received).toBeLessThan(5);
    });

    it('only the interfaces that are named count', async () => {
      await using lab = await Lab.create();
      const hooks = { FIREWALL_INTERFACES: isNft ? 'nowhere0,out*' : 'nowhere0,out+' };
      await lab.tell([`ban ${BANNED}`, 'ban 46.4.0.2']);
      lab.start({ FIREWALL_MODE: mode, ...hooks });
      await until('the ban counts', async () => !(await lab.answers(BANNED)));
      expect(await reaches(lab.server.run('ping -n -c 1 -W 0.3 46.4.0.1'))).toBe(true);
      const seen = await checked(lab, { FIREWALL_MODE: mode, ...hooks });
      expect(seen).toMatch(intact);
      expect(seen).toMatch(/^warn rules there is no interface nowhere0\n  fix: .*outside/m);
      const none = await checked(lab, { FIREWALL_MODE: mode, FIREWALL_INTERFACES: 'nowhere0' });
      expect(none).toMatch(/^FAIL rules there is no interface nowhere0: nothing is blocked/m);
    });
  },
);

describe.skipIf(reason !== undefined)(`hooks of nftables (${reason ?? 'ready'})`, () => {
  it.each([
    { FIREWALL_HOOKS: 'ingress', FIREWALL_INTERFACES: 'outside' },
    { FIREWALL_HOOKS: 'prerouting,postrouting', FIREWALL_DENY_ACTION: 'REJECT', FIREWALL_BLOCK_OUTGOING: 'true' },
    { FIREWALL_HOOKS: 'input,forward,output', FIREWALL_DENY_ACTION: 'REJECT' },
  ])('%j', async (env) => {
    await using lab = await Lab.create();
    await lab.tell([`ban ${BANNED}`]);
    lab.start(env);
    await until('the ban counts', async () => !(await lab.answers(BANNED)));
    expect([await lab.answers(BANNED, SERVER), await lab.answers(FREE), await lab.answers(FREE, SERVER)]).toEqual([
      false,
      true,
      true,
    ]);
    const seen = await checked(lab, env);
    expect(seen).toMatch(/^ok table/m);
  });
});
