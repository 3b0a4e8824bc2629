import { describe, expect, it } from 'vitest';
import { problemsOf } from '../settings/testing.ts';

describe('the settings of the webhook', () => {
  it.each([
    [{ NOTIFY_URL: 'ntfy.sh/mine-s3cr3t' }, 'NOTIFY_URL: is not a complete address'],
    [{ NOTIFY_URL: 'ftp://ntfy.sh/mine-s3cr3t' }, 'NOTIFY_URL: begins with ftp:'],
    [{ NOTIFY_URL: 'https://ntfy.sh' }, 'NOTIFY_URL: has no topic of ntfy'],
    [{ NOTIFY_URL: 'https://gotify.lan/message' }, 'NOTIFY_TOKEN: is missing, and Gotify'],
    [{ NOTIFY_TOKEN: 'tk_s3cr3t' }, 'NOTIFY_URL: is missing, while NOTIFY_TOKEN is given'],
    [{ NOTIFY_FORMAT: 'gotify' }, 'NOTIFY_URL: is missing, while NOTIFY_FORMAT is given'],
    [{ NOTIFY_FORMAT: 'slack', NOTIFY_URL: 'https://x.lan/y' }, 'NOTIFY_FORMAT: "slack" is not one of them'],
    [{ NOTIFY_URL: 'https://ntfy.sh/${TOPIC}' }, 'NOTIFY_URL: holds a ${...}'],
  ])('%o is refused: %s', async (env, words) => {
    const problems = await problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
    expect(problems[0]).not.toContain('s3cr3t');
  });
});
