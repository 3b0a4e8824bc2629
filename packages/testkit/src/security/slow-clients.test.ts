import { connect } from 'node:net';
import { RecentChanges, startHttpServer } from '@bouncer/cli';
import { silentLogger, type ListenLimits } from '@bouncer/target';
import type { ControllerStatus } from '@bouncer/engine';
import { DecisionSet, ManualClock, type Network } from '@bouncer/stream';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '@bouncer/sandbox';
import { acceptedSockets, slowClientSuite } from './slow-clients.ts';

const clock = new ManualClock();
const changes = new RecentChanges();

const stream: ControllerStatus['stream'] = {
  state: 'ok',
  pulls: 1,
  fullPulls: 1,
  failures: {},
  decisions: 0,
  skipped: {},
};

/** The status server of a connector. */
async function open(limits: Partial<ListenLimits>, token?: string) {
  const server = await startHttpServer({
    listen: '127.0.0.1:0',
    clock,
    changes,
    limits,
    token: token === undefined ? undefined : () => token,
    log: silentLogger,
    set: new DecisionSet(),
    title: 'Test',
    type: 'crowdsec-test-bouncer',
    version: '0',
    status: () => ({ ready: true, updateFrequency: 10, startedAt: 0, stream, targets: [] }),
  });
  onTestFinished(() => server.close());
  const { hostname: host, port } = new URL(server.url);
  return { place: { host, port: Number(port) } };
}

slowClientSuite({
  name: 'the status server',
  open: (limits) => open(limits, 'hush'),
  path: '/healthz',
  bodyPath: '/login',
  status: 200,
});

it('the live feed keeps nothing for a listener who does not read, and hangs up', async () => {
  const accepted = acceptedSockets();
  const { place } = await open({ stalled: 500 });
  const socket = connect(place).on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  socket.pause().write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('it listens', () => clock.sleeping > 0);
  for (let second = 0; second < 3000; second += 1) {
    for (let index = 0; index < 50; index += 1) {
      const network = `203.0.113.${index}` as Network;
      changes.add({ at: second, target: 'a', action: 'blocked', network, origin: 'cscli', scenario: 'x'.repeat(200) });
    }
    await clock.advance(1000);
  }
  const [server] = accepted;
  // As much as one beat writes, however many there were.
  expect(server?.writableLength).toBeLessThan(200_000);
  await until('it hangs up', () => server?.destroyed === true);
});
