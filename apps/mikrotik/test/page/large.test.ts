import { decisionMix } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { browser, openTab, startBrowser, titled } from './browser.ts';
import { serveNginx } from './connector.ts';

const entries = 100_000;
const burst = 5000;

const countLongTasks = `
  globalThis.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration))))
    .observe({ type: 'longtask' });
`;

describe.skipIf(!browser.ok)(titled('the page of a large list'), () => {
  it('stays light while thousands of changes come in', async () => {
    await using served = await serveNginx(decisionMix({ capi: entries, ranges: 0 }));
    const chrome = await startBrowser();
    try {
      const { page, problems } = await openTab(chrome, 'about:blank');
      await page.addInitScript(countLongTasks);
      problems.length = 0;
      const answer = await page.goto(served.url);
      expect(Number(await answer?.headerValue('content-length'))).toBeLessThan(100_000);
      expect(await answer?.headerValue('content-encoding')).toBe('gzip');
      const figure = page.getByRole('region', { name: 'Blocked now' }).getByRole('paragraph');
      await figure.filter({ hasText: '100,000' }).waitFor();
      const paint = await page.evaluate<number>(
        `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0`,
      );
      const before = await page.evaluate<number[]>('longTasks.splice(0)');

      served.lapi.decisions.addMany(
        Array.from({ length: burst }, (_, index) => ({
          value: `198.18.${index >> 8}.${index & 255}`,
          origin: 'crowdsec',
        })),
      );
      await figure.filter({ hasText: '105,000' }).waitFor();
      await page.getByText('4,950 more came too fast').waitFor();
      const after = await page.evaluate<number[]>('longTasks');
      expect(await page.getByRole('region', { name: 'Last changes' }).getByRole('row').count()).toBe(51);
      const memory = await served.connector.memory();
      process.stdout.write(
        `page of ${entries} entries: first paint ${paint.toFixed(0)} ms, long tasks at start [${before.join()}] ms, ` +
          `during ${burst} changes [${after.join()}] ms; connector ${memory.peak.toFixed(0)} MB at its peak\n`,
      );
      expect(paint).toBeGreaterThan(0);
      expect(problems.filter((problem) => !problem.startsWith('asked'))).toEqual([]);
    } finally {
      await chrome.close();
    }
  });
});
