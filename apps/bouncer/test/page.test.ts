import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { browserAvailable, ConnectorProcess, freePort, startLapi, until } from '@bouncer/sandbox';
import { ensurePage } from '@bouncer/status-page/page-build';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';

const browser = await browserAvailable();
const COUNT = 30;

describe.skipIf(!browser.ok)(`the page of ${COUNT} targets (${browser.ok ? 'ready' : browser.reason})`, () => {
  it('is a table, those in trouble first, accessible, and fits a telephone', async () => {
    await ensurePage();
    await using lapi = await startLapi({ decisions: [{ value: '203.0.113.7', duration: 3600 }] });
    const folder = mkdtempSync(path.join(tmpdir(), 'many-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    writeFileSync(path.join(folder, 'occupied'), '');
    const items = Array.from({ length: COUNT }, (_, index) => {
      const place = index === COUNT - 1 ? 'occupied' : `site-${index + 1}`;
      if (place !== 'occupied') mkdirSync(path.join(folder, place));
      return `  - { kind: nginx, name: "site ${index + 1}", output_dir: ${folder}/${place} }`;
    });
    const file = path.join(folder, 'bouncer.yaml');
    writeFileSync(file, `targets:\n${items.join('\n')}\n`);
    const port = await freePort();
    await using connector = new ConnectorProcess({
      app: 'bouncer',
      args: ['run', '--config', file],
      env: { CROWDSEC_API_URL: lapi.url, CROWDSEC_BOUNCER_API_KEY: lapi.key, HTTP_LISTEN: `127.0.0.1:${port}` },
    });
    const url = `http://127.0.0.1:${port}/`;
    await until(
      '29 in step',
      async () => {
        const answer = await fetch(`${url}status.json`).catch(() => undefined);
        const { targets = [] } = ((await answer?.json()) ?? {}) as { targets?: readonly { readonly state: string }[] };
        return targets.filter(({ state }) => state === 'in-step').length === COUNT - 1;
      },
      60,
    );
    const chrome = await chromium.launch({
      executablePath: browser.ok ? browser.path : '',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    onTestFinished(() => chrome.close());
    const page = await chrome.newPage({ viewport: { width: 390, height: 844 } });
    await page.goto(url);
    const rows = page.getByRole('group', { name: 'Table of targets' }).getByRole('row');
    await rows.nth(COUNT).waitFor();
    expect(await rows.nth(1).textContent()).toContain(`site ${COUNT}`);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.evaluate(axe.source);
    expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    const box = await page.getByRole('region', { name: `${COUNT} targets` }).boundingBox();
    expect(box!.height).toBeLessThan(900);
    expect(await connector.stop()).toBe(0);
  });
});
