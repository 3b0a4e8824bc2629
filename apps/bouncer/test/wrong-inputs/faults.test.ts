import { pfSenseMissing } from '@bouncer/sandbox';
import type { CheckStep } from '@bouncer/target';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './command.ts';
import { deviceFaults } from './device-faults.ts';
import type { FaultCase } from './fault-case.ts';
import { lapiFaults } from './lapi-faults.ts';
import { startWorld, type World } from './world.ts';

const noPfSense = await pfSenseMissing();
const all = [...lapiFaults, ...deviceFaults];
const cases = all.filter(({ app }) => app !== 'pfsense' || noPfSense === undefined);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** The steps of `check` that are not well, at this level. */
async function steps(app: string, env: Readonly<Record<string, string>>, level: string): Promise<readonly CheckStep[]> {
  const { lapi, sound } = world;
  const core = { CROWDSEC_API_URL: lapi.url, CROWDSEC_BOUNCER_API_KEY: lapi.key, HTTP_LISTEN: 'off' };
  const { stdout, stderr } = await command(app, ['check', '--json'], { ...core, ...sound[app], ...env });
  expect(stdout, stderr).toMatch(/^\{/);
  const { steps } = JSON.parse(stdout) as { readonly steps: readonly CheckStep[] };
  return steps.filter((step) => step.level === level);
}

async function followed(fault: FaultCase): Promise<void> {
  const { app = 'mikrotik', level = 'fail' } = fault;
  const env = await fault.wrong(world);
  const found = await steps(app, env, level);
  expect(
    found.map(({ step }) => step),
    JSON.stringify(found),
  ).toEqual([fault.step]);
  const { seen = '', fix = '' } = found[0] ?? {};
  expect(seen).toMatch(fault.cause);
  expect(fix).toMatch(fault.fix);
  const change = await fault.follow(fault.fix.exec(fix)?.[1] ?? '', world);
  expect(await steps(app, { ...env, ...change }, level)).toEqual([]);
}

describe(`check (${noPfSense ?? 'all kinds'})`, () => {
  it.each(cases)('finds one cause and a fix that works when $name', async (fault) => {
    try {
      await followed(fault);
    } finally {
      world.lapi.faults.clear();
      await fault.after?.(world);
    }
  });
});
