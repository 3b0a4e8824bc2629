import { runCommandLine } from '@bouncer/cli';
import { startLapi } from '@bouncer/sandbox';
import { systemClock } from '@bouncer/stream';
import { expect, it, onTestFinished } from 'vitest';
import { kind } from '../src/kind.ts';

it('plans for the device what LAPI has decided', async () => {
  const lapi = await startLapi();
  onTestFinished(() => lapi[Symbol.asyncDispose]());
  for (const value of ['45.83.64.1', '45.83.66.0/24', '2a01:4f8::1', '10.0.0.1'])
    lapi.decisions.add({ value, duration: 3600, origin: 'cscli', scenario: 'test' });
  let stdout = '';
  const code = await runCommandLine(kind, ['plan', '--json'], {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: () => undefined },
    env: { CROWDSEC_API_URL: lapi.url, CROWDSEC_BOUNCER_API_KEY: lapi.key, EXAMPLE_HOST: '192.0.2.1' },
    clock: systemClock,
    signal: new AbortController().signal,
  });
  // The private address is one of those that are never blocked.
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { create: 3, update: 0, delete: 0 }]);
});
