import { silentLogger } from '@bouncer/target';
import { AuthError, ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { KeyWatch } from './key-watch.ts';

const { signal } = new AbortController();
let answer: number | Error = 200;
function watch(): KeyWatch {
  const ask = (): Promise<number> => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
  return new KeyWatch({ ask, clock: new ManualClock(), log: silentLogger });
}
const levels = (keys: KeyWatch): string[] => keys.concerns().map(({ level, seen }) => `${level} ${seen}`);

describe('the key that the plugin is given', () => {
  it('is a warning until LAPI was asked, and none once it takes it', async () => {
    answer = 200;
    const keys = watch();
    expect(levels(keys)).toEqual([expect.stringContaining('warn LAPI was not asked yet')]);
    await keys.look(signal);
    expect(levels(keys)).toEqual([]);
  });

  it.each([401, 403])('fails with %i, until LAPI takes it again', async (status) => {
    answer = status;
    const keys = watch();
    await keys.look(signal);
    expect(levels(keys)).toEqual([expect.stringContaining(`fail LAPI answers ${status}`)]);
    expect(() => {
      keys.assertTaken();
    }).toThrow(AuthError);
    await expect(keys.insist(signal)).rejects.toThrow(AuthError);
    answer = 200;
    await keys.insist(signal);
    expect(levels(keys)).toEqual([]);
  });

  it.each([[502], [new Error('connect ECONNREFUSED')]])(
    'is a warning while LAPI cannot be asked (%s)',
    async (what) => {
      answer = what;
      const keys = watch();
      await keys.look(signal);
      expect(levels(keys)).toEqual([expect.stringMatching(/^warn LAPI cannot be asked/)]);
      keys.assertTaken();
    },
  );
});
