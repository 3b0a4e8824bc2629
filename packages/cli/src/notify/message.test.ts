import type { NotifyFormat } from '@bouncer/target';
import { describe, expect, it } from 'vitest';
import { messageFor } from './message.ts';
import type { Notice } from './notice.ts';

const notice: Notice = {
  isTest: false,
  type: 'crowdsec-sample-bouncer',
  version: '0.1.0',
  verdict: 'not-protecting',
  before: 'protecting',
  since: 1_790_000_000_000,
  at: 1_790_000_075_000,
  title: 'crowdsec-sample-bouncer: NOT protecting',
  lines: ['office: does not answer'],
};

const cases: readonly [NotifyFormat, string, object, Record<string, string>][] = [
  ['ntfy', '/', { topic: 'place', priority: 4, tags: ['rotating_light'] }, { Authorization: 'Bearer tk' }],
  ['gotify', '/place/message', { priority: 8 }, { 'X-Gotify-Key': 'tk' }],
  ['apprise', '/place', { type: 'failure', format: 'text' }, { Authorization: 'Bearer tk' }],
  ['json', '/place', { event: 'verdict', verdict: 'not-protecting' }, { Authorization: 'Bearer tk' }],
];

describe('a message', () => {
  it.each(cases)('for %s goes to %s', (format, path, body, headers) => {
    const message = messageFor(notice, { url: 'http://receiver.lan/place', token: 'tk', format });
    expect(message).toMatchObject({ url: `http://receiver.lan${path}`, headers, body });
    const text = 'office: does not answer\nFor 75 s.';
    expect(message.body).toMatchObject({ title: notice.title, [format === 'apprise' ? 'body' : 'message']: text });
  });

  it('says since when in JSON, and is never too long for a telephone', () => {
    const lines = Array.from({ length: 300 }, (_, index) => `router ${index}: does not answer`);
    const { body } = messageFor({ ...notice, lines }, { url: 'http://receiver.lan/', token: '', format: 'json' });
    expect(body).toMatchObject({ since: '2026-09-21T14:13:20.000Z', at: '2026-09-21T14:14:35.000Z', reasons: lines });
    expect(String(body['message']).length).toBeLessThanOrEqual(1000);
  });
});
