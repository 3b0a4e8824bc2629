import { silentLogger } from '@bouncer/target';
import { slowClientSuite } from '@bouncer/testkit';
import { ManualClock } from '@bouncer/stream';
import { onTestFinished } from 'vitest';
import { Answers } from '../src/forward-auth/answers.ts';
import { createAuthHandler } from '../src/forward-auth/auth-handler.ts';
import { BlockList, foreverList } from '../src/forward-auth/block-list.ts';
import { LogSample } from '../src/forward-auth/log-sample.ts';
import { PeerWatch } from '../src/forward-auth/peer-watch.ts';
import { WaitingRoom } from '../src/forward-auth/waiting-room.ts';
import { listenForProxies } from '../src/provider/listener.ts';

slowClientSuite({
  name: 'the answers to a proxy',
  path: '/v1/forward-auth',
  status: 204,
  async open(limits) {
    const clock = new ManualClock();
    const { handler } = createAuthHandler({
      blocked: new BlockList(),
      peers: new PeerWatch(clock, silentLogger),
      trusted: foreverList([]),
      clock,
      isWaiting: () => false,
      waitingRoom: new WaitingRoom(),
      untilFirstPull: 'open',
      answers: new Answers({ page: '', status: 403 }, new LogSample(clock, silentLogger)),
      otherwise: (_, response) => response.writeHead(404).end(),
    });
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    const port = await listenForProxies('127.0.0.1:0', handler, stop.signal, limits);
    return { place: { host: '127.0.0.1', port } };
  },
});
