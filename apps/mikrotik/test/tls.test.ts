import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckStep } from '@bouncer/target';
import {
  createCertificateAuthority,
  fingerprintOf,
  selfSigned,
  startRouterOs,
  type CertificateAuthority,
  type CertifiedKey,
} from '@bouncer/sandbox';
import { AuthError, ConfigError, ManualClock, hintOf, messageOf } from '@bouncer/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouterSettings, TlsSettings } from '../src/router-settings.ts';
import { plainFingerprint } from '../src/routeros/trust.ts';
import { calm, targetFor } from './fixture.ts';

let folder: string;
let authority: CertificateAuthority;
let good: CertifiedKey;
let expired: CertifiedKey;
let elsewhere: CertifiedKey;
let own: CertifiedKey;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mikrotik-tls-'));
  authority = await createCertificateAuthority('router CA');
  [good, expired, elsewhere, own] = await Promise.all([
    authority.server(),
    authority.server({ days: -1 }),
    authority.server({ names: ['router.example', '192.0.2.1'] }),
    selfSigned(),
  ]);
  await writeFile(join(folder, 'ca.pem'), authority.cert);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

type Served = CertifiedKey | 'anonymous';

/** How opening ends, what `check` says about TLS, and whether the router ever saw a login. */
async function attempt(
  served: Served,
  tls: Partial<TlsSettings>,
): Promise<{ error: unknown; step: CheckStep | undefined; logins: number; commands: number }> {
  const clock = new ManualClock();
  await using router = await startRouterOs({ tls: served, clock });
  const settings: Partial<RouterSettings> = { tls: { insecure: false, anonymous: false, ...tls } };
  const target = targetFor(router, clock, settings);
  const error: unknown = await target.open(calm).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { logins, commands } = router.counters;
  await target.close();
  let step: CheckStep | undefined;
  for await (const seen of target.check(calm)) if (seen.step === 'tls') step = seen;
  return { error, step, logins, commands };
}

function withCa(): Partial<TlsSettings> {
  return { caFile: join(folder, 'ca.pem') };
}

describe('a router with TLS', () => {
  it('is trusted when its CA is', async () => {
    const { error, step } = await attempt(good, withCa());
    expect(error).toBeUndefined();
    expect(step).toMatchObject({
      ok: true,
      seen: expect.stringMatching(/TLSv1.2.*router CA.*valid until.*trusted/) as string,
    });
  });

  it.each<[string, () => Served, () => Partial<TlsSettings>, RegExp, RegExp]>([
    ['nobody knows its CA', () => good, () => ({}), /not signed by a trusted CA/, /MIKROTIK_CA_FILE/],
    ['it signed its certificate itself', () => own, withCa, /not signed by a trusted CA/, /MIKROTIK_TLS_FINGERPRINT/],
    ['its certificate has expired', () => expired, withCa, /expired/, /\/system\/clock/],
    ['its certificate is for another name', () => elsewhere, withCa, /another name/, /subject-alt-name/],
    [
      'it has no certificate at all',
      () => 'anonymous',
      withCa,
      /no certificate/,
      /\/ip service set api-ssl certificate=/,
    ],
    [
      'it has no certificate to pin',
      () => 'anonymous',
      () => ({ fingerprint: 'ab'.repeat(32) }),
      /no certificate/,
      /\/certificate add/,
    ],
  ])('is not logged in to when %s', async (_, served, tls, message, hint) => {
    const { error, step, commands } = await attempt(served(), tls());
    expect(messageOf(error)).toMatch(message);
    expect(hintOf(error)).toMatch(hint);
    expect(commands).toBe(0);
    expect(step).toMatchObject({ ok: false });
    expect(step?.seen).toMatch(message);
    expect(step?.fix).toMatch(hint);
  });

  it('shows the doctor a fingerprint to pin', async () => {
    const { step } = await attempt(own, {});
    expect(step?.seen).toContain(fingerprintOf(own.cert));
    expect(step?.fix).toContain(`MIKROTIK_TLS_FINGERPRINT=${fingerprintOf(own.cert)}`);
  });

  it.each<[string, () => CertifiedKey]>([
    ['signed by itself', () => own],
    ['expired', () => expired],
    ['for another name', () => elsewhere],
  ])('is trusted by its fingerprint alone, also when its certificate is %s', async (_, served) => {
    const fingerprint = plainFingerprint(fingerprintOf(served().cert));
    const { error, step, logins } = await attempt(served(), { fingerprint });
    expect([error, logins]).toEqual([undefined, 1]);
    expect(step).toMatchObject({ ok: true, seen: expect.stringContaining('pinned') as string });
  });

  it('is never sent a password when its fingerprint is another one, although its CA is trusted', async () => {
    const fingerprint = plainFingerprint(fingerprintOf(own.cert));
    const { error, step, commands } = await attempt(good, { ...withCa(), fingerprint });
    expect(error).toBeInstanceOf(AuthError);
    expect(messageOf(error)).toContain(fingerprintOf(good.cert));
    expect(commands).toBe(0);
    expect(step).toMatchObject({ ok: false });
  });

  it('is believed anything when that is asked for, and the doctor says so', async () => {
    const { error, step } = await attempt(expired, { insecure: true });
    expect(error).toBeUndefined();
    expect(step).toMatchObject({ ok: true, seen: expect.stringContaining('NOT verified') as string });
  });

  it('may have no certificate when that is asked for', async () => {
    const { error, step, logins } = await attempt('anonymous', { anonymous: true });
    expect([error, logins]).toEqual([undefined, 1]);
    expect(step).toMatchObject({ ok: true, seen: expect.stringMatching(/no certificate.*NOT verified/) as string });
  });
});

describe('a CA file', () => {
  it.each([
    ['is gone', 'gone.pem', undefined, /no such file/],
    ['is damaged', 'bad.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /cannot be used/],
  ])('that %s by now is told by its name', async (_, name, content, message) => {
    if (content !== undefined) await writeFile(join(folder, name), content);
    const { error, step } = await attempt(good, { caFile: join(folder, name) });
    expect(error).toBeInstanceOf(ConfigError);
    expect(messageOf(error)).toMatch(message);
    expect(hintOf(error)).toContain('MIKROTIK_CA_FILE');
    expect(step).toMatchObject({ ok: false, fix: hintOf(error) });
  });
});

describe('the wrong kind of port', () => {
  it('is told for a router that speaks no TLS there', async () => {
    const clock = new ManualClock();
    await using router = await startRouterOs({ clock });
    const target = targetFor(router, clock, { tls: { insecure: true, anonymous: false } });
    const opening = target.open(calm);
    opening.catch(() => {});
    await expect(opening).rejects.toThrow(/TLS|closed the connection/);
  });

  it('is told for a router that wants TLS there', async () => {
    const clock = new ManualClock();
    await using router = await startRouterOs({ clock, tls: good });
    const opening = targetFor(router, clock).open(calm);
    await expect(opening).rejects.toThrow(/closed the connection|does not speak the RouterOS API/);
    await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining('MIKROTIK_TLS') as string });
  });
});
