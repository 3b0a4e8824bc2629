import { ManualClock, TransientError } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../settings/redactor.ts';
import { Secret } from '@bouncer/target';
import { createLogger } from './log.ts';
import type { LogOptions } from './log.ts';

function setUp(options: Partial<LogOptions> = {}, isTTY = false) {
  const lines: string[] = [];
  const clock = new ManualClock();
  const redactor = new Redactor();
  const sink = { isTTY, write: (text: string) => lines.push(text) };
  const log = createLogger({ level: 'info', sink, redactor, clock, ...options });
  return { log, lines, clock, redactor, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

describe('json', () => {
  it('has level as a word, time, fields and message', () => {
    const { log, last } = setUp();
    log.child({ target: 'r1' }).info({ created: 3 }, 'written');
    expect(last()).toEqual({
      level: 'info',
      time: '2026-09-21T14:30:00.000Z',
      target: 'r1',
      created: 3,
      msg: 'written',
    });
  });

  it('leaves out what is below the level', () => {
    const { log, lines } = setUp({ level: 'warn' });
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    expect(lines).toHaveLength(1);
  });
});

describe('secrets', () => {
  it('are hidden wherever they are put', () => {
    const { log, lines, redactor } = setUp();
    redactor.add('hunter22');
    const error = new Error('login with hunter22 failed');
    log.error({ error, deep: { list: ['xhunter22x'] }, password: new Secret('hunter22') }, 'hunter22 again');
    log.child({ url: 'http://a:hunter22@b' }).info({}, 'x');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('hunter22');
    expect(lines[0]).toContain('login with *** failed');
  });

  it('that are learnt later are hidden from then on', () => {
    const { log, last, redactor } = setUp();
    redactor.add('rotated-key');
    log.info({ a: 'rotated-key' }, 'x');
    expect(last()).toMatchObject({ a: '***' });
  });
});

describe('fields', () => {
  it('may be anything: errors give message and hint, cycles end, big numbers print', () => {
    const { log, last } = setUp();
    const loop: Record<string, unknown> = { n: 12n };
    loop['self'] = loop;
    log.info({ loop, error: new TransientError('away', { hint: 'wait' }) }, 'x');
    expect(last()).toMatchObject({ loop: { n: '12', self: { n: '12' } }, error: 'away (wait)' });
  });
});

describe('pretty', () => {
  it('is the format of a terminal, with colours', () => {
    const { log, lines } = setUp({}, true);
    log.warn({ target: 'r 1', n: 2 }, 'the device is away');
    expect(lines[0]).toBe('14:30:00 \u001b[33mwarn \u001b[0m the device is away  target="r 1" n=2\n');
  });

  it('has no colours when it was asked for elsewhere, and lets no text of others through', () => {
    const { log, lines } = setUp({ format: 'pretty' });
    log.info({ scenario: 'a\n\u001b[2J\u009b\u202eb' }, 'x');
    expect(lines[0]).toBe('14:30:00 info  x  scenario="a\\n\\u001b[2J\\u009b\\u202eb"\n');
  });
});

describe('the same failure again and again', () => {
  it('is printed once, then every ten minutes with its number', async () => {
    const { log, lines, clock, last } = setUp();
    const fail = (seconds: number) => {
      log.warn({ target: 'r1', error: 'refused', retryIn: seconds }, 'away');
    };
    for (let attempt = 0; attempt < 5; attempt++) fail(attempt);
    expect(lines).toHaveLength(1);
    await clock.advance(10 * 60_000);
    fail(9);
    expect(lines).toHaveLength(2);
    expect(last()).toMatchObject({ repeated: 4, retryIn: 9 });
  });

  it('is another failure on another target, with another error, and on each child', () => {
    const { log, lines } = setUp();
    log.warn({ target: 'r1', error: 'refused' }, 'away');
    log.warn({ target: 'r2', error: 'refused' }, 'away');
    log.warn({ target: 'r2', error: new Error('timeout') }, 'away');
    log.child({ target: 'r3' }).warn({ error: 'refused' }, 'away');
    log.error({ target: 'r1', error: 'refused' }, 'gone');
    expect(lines).toHaveLength(5);
  });

  it('is news again once it was over', () => {
    const { log, lines } = setUp();
    log.warn({ target: 'r1', error: 'refused' }, 'away');
    log.warn({ error: 'refused' }, 'pull failed');
    log.info({ target: 'r1', failures: 3 }, 'in step');
    log.warn({ error: 'refused' }, 'pull failed');
    log.warn({ target: 'r1', error: 'refused' }, 'away');
    expect(lines).toHaveLength(4);
    log.info({ failures: 1 }, 'LAPI answers again');
    log.warn({ target: 'r1', error: 'refused' }, 'away');
    log.warn({ error: 'refused' }, 'pull failed');
    expect(lines).toHaveLength(6);
  });

  it('is never folded when everything is asked for', () => {
    const { log, lines } = setUp({ level: 'debug' });
    log.warn({}, 'away');
    log.warn({}, 'away');
    expect(lines).toHaveLength(2);
  });

  it('does not fold news', () => {
    const { log, lines } = setUp();
    log.info({}, 'written');
    log.info({}, 'written');
    expect(lines).toHaveLength(2);
  });
});
