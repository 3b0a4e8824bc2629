import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, browser, openTab, scrollsSideways, startBrowser, titled } from './browser.ts';
import { serveMikrotik } from './connector.ts';
import type { ServedRouter } from './connector.ts';

const hostile = '<img src=x onerror=alert(1)>\u202e';
const decisions = [
  { value: '45.83.64.1', origin: 'crowdsec', scenario: 'crowdsecurity/ssh-bf' },
  { value: '45.83.66.0/24', origin: 'lists', scenario: 'firehol_greensnow' },
  { value: '2a01:4f8::/32', origin: 'CAPI', scenario: 'crowdsecurity/http-probing' },
  { value: '45.83.65.1', origin: 'cscli', scenario: hostile },
  { value: '192.168.7.7' },
];

describe.skipIf(!browser.ok)(titled('the page in a browser'), () => {
  let chrome: Browser;
  let served: ServedRouter;
  beforeAll(async () => {
    chrome = await startBrowser();
    served = await serveMikrotik(decisions);
  });
  afterAll(async () => {
    await chrome.close();
    await served[Symbol.asyncDispose]();
  });

  it('shows LAPI, the device, what is blocked and what is not, and asks nobody else', async () => {
    const { page, problems } = await openTab(chrome, served.url);
    await page.getByRole('heading', { name: 'Protecting' }).waitFor();
    const text = async (name: string | RegExp): Promise<string> =>
      page.getByRole('region', { name, exact: true }).innerText();
    expect(await text('CrowdSec LAPI')).toMatch(/Answering[^]*1\.7\.8 or newer/);
    expect(await text('Blocked now')).toMatch(/\b4\b[^]*Detected here\s+1/);
    expect(await text(/^mikrotik\b/)).toMatch(/In step[^]*Holds 4 of 4/);
    expect(await text('By scenario')).toContain('firehol_greensnow');
    expect(await text('Left out, and why')).toMatch(/private[^]*192\.168\.7\.7/);
    expect(await text('Last changes')).toContain('<img src=x onerror=alert(1)>\ufffd');
    expect(await page.locator('img').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('lists who is blocked, those detected here first, and finds them by a part of anything', async () => {
    const { page, problems } = await openTab(chrome, served.url);
    const list = page.getByRole('region', { name: 'Who is blocked' });
    await list.getByText('crowdsecurity/ssh-bf').waitFor();
    expect(await list.getByRole('row').count()).toBe(2);
    await list.getByLabel('Origin', { exact: true }).selectOption('');
    await list.getByLabel('Part of an address').fill('greensnow');
    await list.getByText('45.83.66.0/24').waitFor();
    await list.getByText('45.83.64.1', { exact: true }).waitFor({ state: 'detached' });
    const href = await list.getByRole('link', { name: 'Export as CSV' }).getAttribute('href');
    const file = await fetch(new URL(href ?? '', served.url));
    expect(await file.text()).toMatch(/^network,origin.*\r\n"45\.83\.66\.0\/24","lists","firehol_greensnow"[^]*\r\n$/);
    expect(problems).toEqual([]);
  });

  it('says how to let an address in, ready to copy, and asks CrowdSec nothing by itself', async () => {
    const { page, problems } = await openTab(chrome, `${served.url}?ip=45.83.66.9`);
    const found = page.getByRole('region', { name: 'Is this address blocked?' });
    await found.getByText('Let it in').click();
    await found.getByText('sudo cscli decisions delete --range 45.83.66.0/24').waitFor();
    await found.getByRole('button', { name: 'Copy: sudo cscli allowlists add mine 45.83.66.0/24' }).waitFor();
    expect(problems).toEqual([]);
  });

  it('tells a ban and its end as they happen, in the look-up as well', async () => {
    const { page, problems } = await openTab(chrome, `${served.url}?ip=203.0.113.9`);
    const found = page.getByRole('region', { name: 'Is this address blocked?' });
    await found.getByText('is not blocked').waitFor();
    served.lapi.decisions.add({ value: '203.0.113.9', origin: 'crowdsec', scenario: 'crowdsecurity/ssh-bf' });
    const row = page.getByRole('row').filter({ hasText: '203.0.113.9' });
    await row
      .filter({ hasText: 'crowdsecurity/ssh-bf' })
      .filter({ hasText: /^\d\d:\d\d:\d\dBlocked/ })
      .waitFor();
    await found.getByText('for another 4 h, on mikrotik').waitFor();
    await page.getByText('Holds 5 of 5').waitFor();
    served.lapi.decisions.delete({ value: '203.0.113.9' });
    await row.filter({ hasText: 'Unblocked' }).waitFor();
    await found.getByText('is not blocked').waitFor();
    await page.getByText('Holds 4 of 4').waitFor();
    expect(problems).toEqual([]);
  });

  it('says when LAPI does not answer, what to do, and when it answers again', async () => {
    const { page, problems } = await openTab(chrome, served.url);
    const lapi = page.getByRole('region', { name: 'CrowdSec LAPI' });
    await lapi.getByText('Answering').waitFor();
    await served.lapi.down();
    try {
      await lapi.getByText('Not answering').waitFor();
      // A connection that was kept may be reset first; the next one is refused.
      await lapi.getByText('connection refused').waitFor();
      expect(await lapi.innerText()).toMatch(/connection refused[^]*To do: check host and port in CROWDSEC_API_URL/);
    } finally {
      await served.lapi.up();
    }
    await lapi.getByText('Not answering').waitFor({ state: 'detached' });
    await lapi.getByText('Answering', { exact: true }).waitFor();
    expect(problems).toEqual([]);
  });

  it('says when the device is away', async () => {
    const { page } = await openTab(chrome, served.url);
    const device = page.getByRole('region', { name: /^mikrotik/ });
    await device.getByText('In step').waitFor();
    await served.router.refuse();
    served.router.kill();
    served.lapi.decisions.add({ value: '203.0.113.20' });
    await device.getByText('Away').waitFor();
    await page.getByRole('heading', { name: 'Not protecting' }).waitFor();
    expect(await page.title()).toMatch(/^Not protecting: /);
    await served.router.listen();
    await page.getByRole('heading', { name: 'Protecting' }).waitFor();
  });

  it('is not green without a word from the connector for 15 s, whatever the connection looks like', async () => {
    const { page } = await openTab(chrome, served.url);
    await page.getByRole('heading', { name: 'Protecting', exact: true }).waitFor();
    process.kill(served.connector.pid, 'SIGSTOP');
    try {
      await page.getByRole('heading', { name: 'Not protecting' }).waitFor();
      await page.getByText('The connector does not answer.').waitFor();
      expect(await page.title()).toMatch(/^Not protecting: /);
      expect(await greens(page)).toEqual([]);
    } finally {
      process.kill(served.connector.pid, 'SIGCONT');
    }
    await page.getByRole('heading', { name: 'Protecting', exact: true }).waitFor();
    expect(await page.title()).toMatch(/^Protecting: /);
  });

  it('is worked by the keyboard alone', async () => {
    const { page } = await openTab(chrome, served.url);
    await page.getByRole('heading', { name: 'Protecting' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('45.83.66.77');
    await page.keyboard.press('Enter');
    const found = page.getByRole('region', { name: 'Is this address blocked?' });
    await found.getByText('by its range 45.83.66.0/24').waitFor();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('192.168.7.7');
    await page.keyboard.press('Enter');
    await found
      .getByText('192.168.7.7 is never blocked: private. CrowdSec has a decision on it nevertheless')
      .waitFor();
    await page.getByRole('button', { name: '24 hours' }).focus();
    await page.keyboard.press('Enter');
    expect(await page.getByRole('button', { pressed: true }).allInnerTexts()).toContain('24 hours');
  });

  it.each(['light', 'dark'] as const)('has nothing for axe to find and nothing beside the screen: %s', async (look) => {
    const { page } = await openTab(chrome, `${served.url}?ip=45.83.66.77`, { colorScheme: look });
    await page.getByText('by its range').waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await axeViolations(page)).toEqual([]);
      expect(await scrollsSideways(page)).toBe(false);
    }
  });

  it('moves nothing for people who want it so', async () => {
    const { page } = await openTab(chrome, served.url, { reducedMotion: 'reduce' });
    await page.getByRole('row').nth(1).waitFor();
    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
  });

  it('gives the plain facts to browsers that run no scripts', async () => {
    const { page } = await openTab(chrome, served.url, { javaScriptEnabled: false });
    await page.getByText(/of \d+ networks are blocked/).waitFor();
    expect(new URL(page.url()).pathname).toBe('/plain');
    await page.goto(`${page.url()}?ip=45.83.66.77`);
    await page.getByText('45.83.66.77 is blocked').waitFor();
  });
});

/** Texts in the green of a good state. */
function greens(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
    .filter((element) => {
      const [red, green, blue] = getComputedStyle(element).color.match(/[\\d.]+/g).map(Number);
      return green > red + 30 && green > blue + 30;
    })
    .map((element) => element.textContent)`);
}
