import type { Clock, LapiClient } from '@bouncer/stream';
import type { Logger } from '@bouncer/target';

/** Milliseconds between two lines of progress. */
const progressMs = 10_000;

/** The same client, that says every ten seconds of a full pull how far it is: 100,000 decisions take their time. */
export function withPullProgress(client: LapiClient, clock: Clock, log: Logger): LapiClient {
  return {
    ...client,
    async pullFull(query, onDecision, signal, onDeleted) {
      let decisions = 0;
      const done = new AbortController();
      const telling = (async () => {
        for (;;) {
          await clock.sleep(progressMs, done.signal);
          log.info({ decisions }, 'pulling from LAPI');
        }
      })();
      // It ends by being told to.
      telling.catch(() => undefined);
      try {
        return await client.pullFull(
          query,
          (decision) => {
            decisions += 1;
            onDecision(decision);
          },
          signal,
          onDeleted,
        );
      } finally {
        done.abort(new Error('pulled'));
      }
    },
  };
}
