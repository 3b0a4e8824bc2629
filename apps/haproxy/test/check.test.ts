import { describe, expect, it, onTestFinished } from 'vitest';
import { haproxyMissing } from './debian-haproxy.ts';
import { calm, RealHaproxy } from './real-haproxy.ts';

const reason = await haproxyMissing();

/** Started with these rules; gives the level of each step of check, and what a running connector is concerned about. */
async function seen(haproxy: RealHaproxy) {
  onTestFinished(() => haproxy[Symbol.asyncDispose]());
  await haproxy.start();
  const target = haproxy.target();
  const steps: string[] = [];
  for await (const { step, level, seen: text } of target.check(calm)) steps.push(`${level} ${step} ${text}`);
  await target.open(calm);
  return { haproxy, target, steps, concerns: target.concerns() };
}

describe.skipIf(reason !== undefined)(`check of a real HAProxy (${reason ?? 'ready'})`, () => {
  it('sees socket, level, ACL, file and rule', async () => {
    const { haproxy, steps, concerns } = await seen(new RealHaproxy());
    expect(steps).toEqual([
      expect.stringMatching(/^ok socket .*: HAProxy \d/),
      'ok level admin',
      `ok acl ${haproxy.acl} holds 0 entries`,
      expect.stringMatching(/^ok file /),
      'ok rule a banned client is refused by web',
    ]);
    expect(concerns).toEqual([]);
  });

  it('fails when a line looks clients up and nothing comes of it, and so does the verdict of a running connector', async () => {
    const haproxy = new RealHaproxy();
    haproxy.rules = ['acl bad src -f ACL', 'http-request set-header x-bad 1 if bad'];
    const { steps, concerns } = await seen(haproxy);
    expect(steps.at(-1)).toMatch(/^fail rule .*no block/);
    expect(concerns).toMatchObject([{ level: 'fail' }]);
  });

  it('follows a rule that goes and comes back while the connector runs', async () => {
    const { haproxy, target } = await seen(new RealHaproxy());
    haproxy.rules = ['http-request return status 200', ...haproxy.rules];
    await haproxy.reload();
    await target.verify(new Map(), calm);
    expect(target.concerns()).toMatchObject([{ level: 'fail' }]);
    haproxy.rules = haproxy.rules.slice(1);
    await haproxy.reload();
    await target.verify(new Map(), calm);
    expect(target.concerns()).toEqual([]);
  });

  it('fails without the ACL, and warns at a lower level', async () => {
    const haproxy = new RealHaproxy();
    haproxy.rules = [];
    haproxy.level = 'operator';
    onTestFinished(() => haproxy[Symbol.asyncDispose]());
    await haproxy.start();
    const target = haproxy.target();
    const steps: string[] = [];
    for await (const { step, level } of target.check(calm)) steps.push(`${level} ${step}`);
    expect(steps).toEqual(['ok socket', 'warn level', 'fail socket']);
    await expect(target.open(calm)).rejects.toThrow('HAProxy has no such ACL');
    await haproxy.stop();
    for await (const step of target.check(calm)) expect(step).toMatchObject({ level: 'fail', step: 'socket' });
  });
});
