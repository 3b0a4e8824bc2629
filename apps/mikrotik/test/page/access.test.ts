import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations, browser, openTab, scrollsSideways, startBrowser, titled } from './browser.ts';
import { serveMikrotik } from './connector.ts';

const token = 'some long token of 32 characters';

describe.skipIf(!browser.ok)(titled('a page with a token'), () => {
  let chrome: Browser;
  beforeAll(async () => {
    chrome = await startBrowser();
  });
  afterAll(() => chrome.close());

  it('asks for it, keeps the session where no script sees it, and tells when the connector ends', async () => {
    await using served = await serveMikrotik([{ value: '45.83.64.1' }], { HTTP_TOKEN: token });
    const { page, problems } = await openTab(chrome, served.url, { viewport: { width: 390, height: 844 } });
    const field = page.getByLabel('Token');
    expect(await axeViolations(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
    await field.fill('a wrong one');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Protecting' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
    expect(served.connector.stdout + (await page.content())).not.toContain(token);
    expect(problems).toEqual([]);
    // An open page holds up no stop.
    expect(await served.connector.stop()).toBe(0);
    await page.getByText('Connector not answering').waitFor();
  });
});
