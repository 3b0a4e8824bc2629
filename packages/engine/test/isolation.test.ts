import { ConfigError } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { MemoryTarget } from '@bouncer/target';
import { describe, expect, it } from 'vitest';
import { BANNED, setUpIsolation } from './isolation-setup.ts';

const LATER = '203.0.113.8';

function memory(name: string, more: Partial<MemoryTarget> = {}): MemoryTarget {
  return Object.assign(new MemoryTarget({ name }), more);
}

const never = (): Promise<never> => new Promise(() => undefined);
const boom = (): never => {
  throw new Error('boom');
};

describe('one target in trouble', () => {
  it.each<[string, Partial<MemoryTarget>]>([
    ['never answers to open', { open: never }],
    ['never answers to list', { list: never }],
    ['never answers to apply', { apply: never }],
    ['never ends', { list: boom, close: never }],
    ['throws at once in open', { open: boom }],
    ['throws at once in close', { apply: boom, close: boom }],
    ['is misconfigured', { open: () => Promise.reject(new ConfigError('no such list')) }],
    ['throws in verify', { verify: boom }],
    ['has no server', { start: () => Promise.reject(new Error('port in use')) } as Partial<MemoryTarget>],
  ])('that %s does not touch the others', async (_, trouble) => {
    const well = memory('well');
    const { lapi, controller, run, clock } = setUpIsolation([{ target: memory('ill', trouble) }, { target: well }]);
    await run(15);
    expect([...well.rows.keys()]).toEqual([BANNED]);
    lapi.ban(LATER, 3600, 'cscli');
    await clock.advance(300_000);
    lapi.unban(0);
    await clock.advance(30_000);
    expect([...well.rows.keys()]).toEqual([LATER]);
    expect(controller.status().targets).toMatchObject([{ name: 'ill' }, { name: 'well', state: 'in-step' }]);
  });

  it('is told where its own words fail', async () => {
    const trouble = { facts: boom, concerns: boom } as Partial<MemoryTarget>;
    const { controller, run } = setUpIsolation([{ target: memory('ill', trouble) }, { target: memory('well') }]);
    await run(15);
    const [ill, well] = controller.status().targets;
    expect(ill).toMatchObject({ state: 'in-step', facts: {} });
    expect(ill!.concerns.map(({ seen }) => seen)).toEqual([
      'its facts cannot be read: boom',
      'its concerns cannot be read: boom',
    ]);
    expect(well).toMatchObject({ state: 'in-step', concerns: [] });
  });

  it('recovers alone, once it can', async () => {
    const ill = memory('ill');
    const open = ill.open.bind(ill);
    let isWell = false;
    ill.open = (signal) => (isWell ? open(signal) : Promise.reject(new ConfigError('not yet')));
    const { controller, run, clock } = setUpIsolation([{ target: ill }, { target: memory('well') }]);
    await run(15);
    expect(controller.status().ready).toBe(false);
    isWell = true;
    await clock.advance(120_000);
    expect(controller.status()).toMatchObject({ ready: true, targets: [{ state: 'in-step' }, { state: 'in-step' }] });
  });
});

describe('what a target has of its own', () => {
  it('is a limit, types, an allowlist and a dry run, all from one series of pulls', async () => {
    const [plain, capped, captcha, split, dry] = ['plain', 'capped', 'captcha', 'split', 'dry'].map((name) =>
      memory(name),
    );
    const { lapi, controller, run, clock } = setUpIsolation([
      { target: plain! },
      { target: capped!, maxEntries: 1 },
      { target: captcha!, types: ['captcha'] },
      { target: split!, allowlist: ['198.51.100.0/25' as Network] },
      { target: dry!, dryRun: true },
    ]);
    lapi.ban('198.51.100.0/24', 36_000, 'cscli');
    lapi.ban('192.0.2.55', 36_000, 'cscli', 'captcha');
    await run(25);
    const rows = (target: MemoryTarget | undefined): readonly string[] => [...target!.rows.keys()].sort();
    expect(rows(plain)).toEqual(['198.51.100.0/24', BANNED]);
    expect(rows(capped)).toHaveLength(1);
    expect(rows(captcha)).toEqual(['192.0.2.55']);
    expect(rows(split)).toEqual(['198.51.100.128/25', BANNED]);
    expect(rows(dry)).toEqual([]);
    const status = controller.status();
    expect(status.targets.map(({ state }) => state)).toEqual(['in-step', 'in-step', 'in-step', 'in-step', 'dry-run']);
    expect(status.ready).toBe(true);
    expect(status.stream.fullPulls).toBe(1);
    lapi.unban(1);
    await clock.advance(15_000);
    expect([rows(plain), rows(split), rows(captcha)]).toEqual([[BANNED], [BANNED], ['192.0.2.55']]);
    expect(lapi.fullPulls).toBe(1);
  });
});
