import { AuthError, ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { demandPolicies, entriesFor, readRights } from './device.ts';
import type { Rights } from './device.ts';
import { openSession } from './routeros/session.ts';
import { ScriptedServer, tagOf } from './routeros/testing.ts';

const calm = new AbortController().signal;

/** What is found out on a router that shows a user's group and its policies when there are any, and answers a try to enable a row. */
async function rightsOf(group?: string, policy?: string, enable = 'interrupted'): Promise<Rights> {
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
    if (words[0]?.endsWith('/enable'))
      return [
        ['!trap', `=message=${enable}`, tag],
        ['!done', tag],
      ];
    return [['!done', tag]];
  });
  const clock = new ManualClock();
  const link = await openSession({ host: '127.0.0.1', port: server.port, user: 'u', password: 'p', clock }, calm);
  const rights = await readRights(link, 'u', calm);
  expect(server.received.filter(([command]) => command === '/user/group/print').map((words) => words[2])).toEqual(
    group === undefined ? [] : [`?name=${group}`],
  );
  await link.close();
  return rights;
}

describe('readRights', () => {
  it('names what the group is denied', async () => {
    expect((await rightsOf('crowdsec', 'read,write,api,!local,!telnet,!ssh')).missing).toEqual([]);
    expect(await rightsOf('crowdsec', 'read,!write,api')).toEqual({ missing: ['write'], seen: 'read,api' });
  });

  it.each([
    ['no such item', []],
    ['not enough permissions (9)', ['write']],
    ['something else', undefined],
  ])('tries a row that cannot exist when the router does not show groups: %s', async (answer, missing) => {
    expect((await rightsOf(undefined, undefined, answer)).missing).toEqual(missing);
    expect((await rightsOf('crowdsec', undefined, answer)).missing).toEqual(missing);
  });
});

describe('demandPolicies', () => {
  it('names what is missing', () => {
    const demand = (): void => {
      demandPolicies({ missing: ['write'], seen: 'read,api' }, 'crowdsec');
    };
    expect(demand).toThrow(AuthError);
    expect(demand).toThrow(/policy `write` is missing.*read,api/);
  });

  it('is content with enough, and with not knowing', () => {
    demandPolicies({ missing: [], seen: 'read,write,api' }, 'crowdsec');
    demandPolicies({ missing: undefined, seen: '' }, 'crowdsec');
  });
});

describe('entriesFor', () => {
  it('knows no limit for a router that does not tell its memory', () => {
    expect(entriesFor(0)).toBeUndefined();
  });
});
