import { browserAvailable } from '@bouncer/sandbox';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** A tab with all that went wrong in it. */
export interface Tab {
  readonly page: Page;
  /** Console errors, uncaught errors, and requests to anywhere but the connector. */
  readonly problems: string[];
}

// What runs in the page is given as text: this project knows no DOM.
export const browser = await browserAvailable();

/** Names a group of tests, with the reason when it has to be skipped. */
export function titled(title: string): string {
  return browser.ok ? title : `${title} (${browser.reason})`;
}

export async function startBrowser(): Promise<Browser> {
  if (!browser.ok) throw new Error(browser.reason);
  return chromium.launch({ executablePath: browser.path, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

/** A tab of its own session; closed with the test. */
export async function openTab(from: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await from.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    const asked = request.url();
    if (!asked.startsWith('data:') && new URL(asked).origin !== new URL(url).origin) problems.push(`asked ${asked}`);
  });
  await page.goto(url);
  return { page, problems };
}

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** What axe-core finds wrong, by rule and element. Transitions are over first: half-way colours have other contrasts. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
  // By the debugger: the page's own policy lets no other script in.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResult>('axe.run()');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** True when something sticks out to the side. */
export async function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
}
