import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificateAuthority, runConnectorCommand, WebhookReceiver, type ReceiverKind } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from './fixture.ts';

let world: World;
const folder = mkdtempSync(path.join(tmpdir(), 'webhook-'));
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world[Symbol.asyncDispose]();
});

/** What `check` says of the webhook; what else it prints must hold no secret either. */
async function webhookStep(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<unknown> {
  const all = { ...world.core, TARGETS: 'nginx', ...world.settings.nginx, ...env };
  const { stdout, stderr } = await runConnectorCommand({
    app: 'bouncer',
    args: ['check', '--json', ...args],
    env: all,
  });
  expect(stdout + stderr).not.toContain('s3cr3t');
  const { steps } = JSON.parse(stdout) as { steps: readonly { readonly step: string }[] };
  return steps.find(({ step }) => step === 'webhook');
}

const seen = (words: string): string => expect.stringContaining(words) as string;

const cases: readonly [ReceiverKind, string, Record<string, string>][] = [
  ['ntfy', '/s3cr3t-topic', { NOTIFY_FORMAT: 'ntfy' }],
  ['gotify', '/message', {}],
  ['gotify', '', { NOTIFY_FORMAT: 'gotify' }],
  ['apprise', '/notify/house', {}],
  ['apprise', '/notify?urls=json%3A%2F%2Fs3cr3t', {}],
  ['json', '/hook', {}],
];

describe('check --notify', () => {
  it.each(cases)('sends a test that %s takes at %s; check alone sends nothing', async (kind, place, env) => {
    await using receiver = await new WebhookReceiver({ kind, token: 'tk_s3cr3t' }).start();
    const NOTIFY_TOKEN_FILE = path.join(folder, 'token');
    writeFileSync(NOTIFY_TOKEN_FILE, 'tk_s3cr3t\n');
    const settings = { ...env, NOTIFY_URL: receiver.origin + place, NOTIFY_TOKEN_FILE };
    expect(await webhookStep(settings)).toMatchObject({ level: 'ok', seen: seen('nothing was sent') });
    expect(receiver.requests).toEqual([]);
    expect(await webhookStep(settings, '--notify')).toMatchObject({ level: 'ok', seen: seen('took a test message') });
    expect(receiver.shown).toMatchObject([{ title: 'crowdsec-bouncer: a test' }]);
  });

  it.each([
    ['gotify', '/message', { NOTIFY_TOKEN: 'old-s3cr3t' }, 'answered 401: NOTIFY_TOKEN is missing, wrong'],
    ['ntfy', '/topic', { NOTIFY_FORMAT: 'ntfy' }, 'answered 403: NOTIFY_TOKEN is missing, wrong'],
    ['apprise', '/notify/nobody', { NOTIFY_TOKEN: 'tk' }, 'it knows nobody to tell under the key'],
    ['json', '/elsewhere', { NOTIFY_TOKEN: 'tk' }, 'answered 422: NOTIFY_FORMAT does not fit'],
  ] as const)('says why %s at %s did not take it', async (kind, place, env, words) => {
    await using receiver = await new WebhookReceiver({ kind, token: 'NOTIFY_TOKEN' in env ? 'tk' : 'other' }).start();
    const step = await webhookStep({ NOTIFY_URL: receiver.origin + place, ...env }, '--notify');
    expect(step).toMatchObject({ level: 'fail', seen: seen(words), fix: seen('NOTIFY_') });
    expect(receiver.shown).toEqual([]);
  });

  it('goes to nobody whose certificate is not trusted, and to whom CROWDSEC_CA_FILE vouches for', async () => {
    const ca = await createCertificateAuthority();
    await using receiver = await new WebhookReceiver({ kind: 'json', tls: await ca.server() }).start();
    const settings = { NOTIFY_URL: `${receiver.origin}/hook` };
    expect(await webhookStep(settings, '--notify')).toMatchObject({ level: 'warn', fix: seen('CROWDSEC_CA_FILE') });
    expect(receiver.requests).toEqual([]);
    const CROWDSEC_CA_FILE = path.join(folder, 'ca.pem');
    writeFileSync(CROWDSEC_CA_FILE, ca.cert);
    expect(await webhookStep({ ...settings, CROWDSEC_CA_FILE }, '--notify')).toMatchObject({ level: 'ok' });
    expect(receiver.shown).toHaveLength(1);
  });

  it('warns of a place that cannot be reached, and of none at all only when it is asked to send', async () => {
    const gone = { NOTIFY_URL: 'http://127.0.0.1:1/s3cr3t' };
    expect(await webhookStep(gone)).toMatchObject({ level: 'warn', fix: seen('NOTIFY_URL') });
    expect(await webhookStep({})).toBe(undefined);
    expect(await webhookStep({}, '--notify')).toMatchObject({ level: 'fail', fix: 'set NOTIFY_URL' });
  });
});
