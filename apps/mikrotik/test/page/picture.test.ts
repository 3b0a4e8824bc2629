import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decisionMix, type DecisionInput } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { browser, openTab, startBrowser, titled } from './browser.ts';
import { serveMikrotik } from './connector.ts';
import { list } from '../e2e/product.ts';

/** The picture at the top of the README; made anew with `PICTURE=1`. */
const file = path.resolve(import.meta.dirname, '../../../../docs/status-page.png');
/** A README is read by telephone as well. Bytes. */
const limit = 250_000;

const attacks: readonly DecisionInput[] = [
  { value: '45.83.64.17', origin: 'crowdsec', scenario: 'crowdsecurity/ssh-bf' },
  { value: '185.220.101.4', origin: 'crowdsec', scenario: 'crowdsecurity/http-probing' },
  { value: '2a01:4f8:c17::1', origin: 'crowdsec', scenario: 'crowdsecurity/http-cve-2021-41773' },
  { value: '91.240.118.0/24', origin: 'cscli', scenario: 'manual ban' },
  ...Array.from({ length: 300 }, (_, index) => ({
    value: `176.65.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    origin: 'lists',
    scenario: index % 3 === 0 ? 'firehol_greensnow' : 'otx-webscanners',
  })),
];

it('is there, and small', async () => {
  const picture = await readFile(file);
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  expect(picture.length).toBeLessThan(limit);
});

it.skipIf(process.env['PICTURE'] === undefined || !browser.ok)(titled('is made of the page itself'), async () => {
  await using served = await serveMikrotik([...decisionMix({ capi: 15_000 }), ...attacks], {});
  const rule = { family: 4, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': list } as const;
  served.router.countDrops({ ...rule, id: served.router.setRule(rule) }, 48_211, 2_912_004);
  const chrome = await startBrowser();
  try {
    const { page } = await openTab(chrome, served.url, {
      viewport: { width: 1200, height: 900 },
      colorScheme: 'light',
    });
    await page.getByRole('heading', { name: 'Protecting' }).waitFor();
    await page.getByText('45.83.64.17').first().waitFor();
    await writeFile(file, await page.screenshot({ clip: { x: 0, y: 0, width: 1200, height: 860 } }));
  } finally {
    await chrome.close();
  }
});
