import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startHttpServer } from '@bouncer/cli';
import { browserAvailable } from '@bouncer/sandbox';
import { ensurePage } from '@bouncer/status-page/page-build';
import { silentLogger } from '@bouncer/target';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceOf, states, type PageState } from './states.ts';

const browser = await browserAvailable();
/** Where pictures are left for whoever wants to look at them. */
const pictures = process.env['PICTURES'];
const views = [
  { name: 'desk', viewport: { width: 1440, height: 900 } },
  { name: 'telephone', viewport: { width: 390, height: 844 } },
] as const;

/** What is painted green, by tag, class and words: hues from yellow-green to sea-green that are no grey. */
const greens = `[...document.querySelectorAll('body *')].flatMap((element) => {
  const box = element.getBoundingClientRect();
  if (box.width < 2 || box.height < 2) return [];
  const style = getComputedStyle(element);
  const isGreen = (colour) => {
    const [red, green, blue, alpha = 1] = (colour.match(/[\\d.]+/g) ?? []).map(Number);
    const most = Math.max(red, green, blue), least = Math.min(red, green, blue);
    return alpha > 0 && most === green && most - least > 30 && green - red > 25 && green - blue > 12;
  };
  const painted = [style.color, style.backgroundColor, style.fill, style.borderLeftColor].some(isGreen);
  return painted ? [element.tagName + '.' + (element.getAttribute('class') ?? '') + ' ' + (element.textContent ?? '').slice(0, 40)] : [];
})`;

describe.skipIf(!browser.ok)(`the page in every state (${browser.ok ? 'ready' : browser.reason})`, () => {
  let chrome: Browser;
  beforeAll(async () => {
    await ensurePage();
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    chrome = await chromium.launch({ executablePath: browser.ok ? browser.path : '', args });
  });
  afterAll(() => chrome.close());

  /** Shows the page at each size and in both schemes. */
  async function shown(state: PageState, look: (page: Page, view: string) => Promise<void>): Promise<void> {
    const server = await startHttpServer({ ...sourceOf(state), listen: '127.0.0.1:0', log: silentLogger });
    try {
      for (const { name, viewport } of views) {
        for (const colorScheme of ['light', 'dark'] as const) {
          const context = await chrome.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
          const page = await context.newPage();
          await page.goto(server.url);
          await page.getByRole('heading', { level: 1, name: state.heading, exact: true }).waitFor();
          await page.getByText('Live', { exact: true }).waitFor();
          await look(page, `${name}-${colorScheme}`);
          await context.close();
        }
      }
    } finally {
      await server.close();
    }
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  }

  it.each(states)('$name: calls it $heading, is green only where it protects, and fits', async (state) => {
    await shown(state, async (page, view) => {
      await picture(page, `${state.name}-${view}`);
      const green = await page.evaluate<string[]>(greens);
      expect(green.length > 0, `${view}: ${green.join('; ')}`).toBe(state.heading === 'Protecting');
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      const heading = await page.getByRole('heading', { level: 1 }).boundingBox();
      expect(heading?.y, view).toBeLessThan(300);
      for (const { name } of state.status.targets.length > 4 ? [] : state.status.targets) {
        expect(await page.getByRole('heading', { name, exact: true }).count(), name).toBe(1);
      }
    });
  });

  it('30 devices are on one screen', async () => {
    const state = states.find(({ name }) => name === '30-devices-one-away') as PageState;
    await shown(state, async (page, view) => {
      const table = page.getByRole('region', { name: '30 targets' });
      const box = await table.boundingBox();
      expect(box?.height, view).toBeLessThan(view.startsWith('desk') ? 900 - (box?.y ?? 0) : 844);
      for (const { name } of state.status.targets) {
        const cell = table.getByRole('cell', { name, exact: true });
        const { width = 0, height = 0 } = (await cell.boundingBox()) ?? {};
        // The one in trouble says more.
        expect([name, width > 30, height < (name === 'site 30' ? 160 : 40)]).toEqual([name, true, true]);
      }
      const states = await table.getByText('In step', { exact: true }).all();
      expect(states).toHaveLength(29);
      for (const word of states) expect((await word.boundingBox())?.height, view).toBeLessThan(30);
      const first = page.getByRole('group', { name: 'Table of targets' }).getByRole('row').nth(1);
      expect(await first.textContent()).toContain('site 30');
    });
  });

  it('is not protecting, and not green, as soon as the connector is gone', async () => {
    const state = states.find(({ name }) => name === 'protecting') as PageState;
    for (const { name, viewport } of views) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const server = await startHttpServer({ ...sourceOf(state), listen: '127.0.0.1:0', log: silentLogger });
        const context = await chrome.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
        const page = await context.newPage();
        await page.goto(server.url);
        await page.getByRole('heading', { level: 1, name: 'Protecting', exact: true }).waitFor();
        await server.close();
        await page.getByRole('heading', { level: 1, name: 'Not protecting', exact: true }).waitFor();
        await picture(page, `gone-${name}-${colorScheme}`);
        expect(await page.evaluate<string[]>(greens)).toEqual([]);
        await context.close();
      }
    }
  });
});
