import { AuthError, ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { demandPolicies, entriesFor, readPolicies } from './device.ts';
import { openSession } from './routeros/session.ts';
import { ScriptedServer, tagOf } from './routeros/testing.ts';

const calm = new AbortController().signal;

/** A router that shows a user of some group, and the group's policies when there are any. */
async function policiesOf(group: string | undefined, policy: string | undefined): Promise<string[] | undefined> {
  await using server = await ScriptedServer.start((words) => {
    const tag = tagOf(words);
    const row = (name: string, value: string): string[][] => [
      ['!re', `=${name}=${value}`, tag],
      ['!done', tag],
    ];
    const trap = [
      ['!trap', '=message=no such command prefix', tag],
      ['!done', tag],
    ];
    if (words[0] === '/user/print') return group === undefined ? trap : row('group', group);
    if (words[0] === '/user/group/print') return policy === undefined ? trap : row('policy', policy);
    return [['!done', tag]];
  });
  const clock = new ManualClock();
  const link = await openSession({ host: '127.0.0.1', port: server.port, user: 'u', password: 'p', clock }, calm);
  const policies = await readPolicies(link, 'u', calm);
  expect(server.received.filter(([command]) => command === '/user/group/print').map((words) => words[2])).toEqual(
    group === undefined ? [] : [`?name=${group}`],
  );
  await link.close();
  return policies;
}

describe('readPolicies', () => {
  it('gives what the group is allowed, without what it is denied', async () => {
    expect(await policiesOf('crowdsec', 'read,write,api,!local,!telnet,!ssh')).toEqual(['read', 'write', 'api']);
  });

  it('knows nothing when the router does not show it', async () => {
    expect(await policiesOf(undefined, undefined)).toBeUndefined();
    expect(await policiesOf('crowdsec', undefined)).toBeUndefined();
  });
});

describe('demandPolicies', () => {
  it('names what is missing', () => {
    const demand = (): void => {
      demandPolicies(['read', 'api'], 'crowdsec');
    };
    expect(demand).toThrow(AuthError);
    expect(demand).toThrow(/policy `write` is missing.*has only read,api/);
  });

  it('is content with enough, and with not knowing', () => {
    demandPolicies(['read', 'write', 'api', 'test'], 'crowdsec');
    demandPolicies(undefined, 'crowdsec');
  });
});

describe('entriesFor', () => {
  it('knows no limit for a router that does not tell its memory', () => {
    expect(entriesFor(0)).toBeUndefined();
  });
});
