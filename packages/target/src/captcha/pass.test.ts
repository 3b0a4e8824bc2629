import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passCookie, Passes } from './pass.ts';
import type { PassHolder } from './pass.ts';
import { hostOf, siteOf } from './site.ts';

const now = 1_790_000_000;
const period = 1800;
const passes = new Passes(() => 'secret', period);
const address = fc.oneof(fc.ipV4(), fc.ipV6());
const site = fc.oneof(fc.domain(), fc.constant('localhost'));
const holder: fc.Arbitrary<PassHolder> = fc.record({ address, site });

describe('a pass', () => {
  it('counts for its holder until its end, and not a second longer', () => {
    fc.assert(
      fc.property(holder, fc.nat(period * 3), (own, later) => {
        const pass = passes.issue(own, now);
        expect(passes.check(pass, own, now + later)).toBe(Math.max(0, period - later));
      }),
    );
  });

  it('is nothing in the hands of another, or at another site', () => {
    fc.assert(
      fc.property(holder, holder, (own, other) => {
        fc.pre(own.address !== other.address || own.site !== other.site);
        const pass = passes.issue(own, now);
        expect(passes.check(pass, other, now)).toBe(0);
        expect(passes.check(pass, { ...own, site: `${own.site}.` }, now)).toBe(0);
        // What one part ends with cannot be moved to the next.
        expect(passes.check(pass, { address: `${own.address}${own.site}`, site: '' }, now)).toBe(0);
      }),
    );
  });

  it('cannot be forged: no other text passes, be it near to one that does', () => {
    const pass = passes.issue({ address: '192.0.2.1', site: 'a.example' }, now);
    const near = fc
      .tuple(fc.nat(pass.length - 1), fc.nat(2), fc.string({ minLength: 0, maxLength: 3, unit: 'grapheme-ascii' }))
      .map(([at, removed, put]) => `${pass.slice(0, at)}${put}${pass.slice(at + removed)}`);
    const longer = fc.nat(1e9).map((more) => pass.replace(/\d{6,}/, (end) => String(Number(end) + more + 1)));
    fc.assert(
      fc.property(fc.oneof(near, longer, fc.string()), (forged) => {
        fc.pre(forged !== pass);
        expect(passes.check(forged, { address: '192.0.2.1', site: 'a.example' }, now)).toBe(0);
      }),
      { numRuns: 2000 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });

  it('ends with the secret that it was made with, and never outlives a shorter period', () => {
    fc.assert(
      fc.property(holder, fc.string({ minLength: 1 }), (own, secret) => {
        const pass = passes.issue(own, now);
        fc.pre(secret !== 'secret');
        expect(new Passes(() => secret, period).check(pass, own, now)).toBe(0);
        expect(new Passes(() => 'secret', 60).check(pass, own, now)).toBe(0);
        // The clock was set back.
        expect(passes.check(pass, own, now - period)).toBe(0);
      }),
    );
  });
});

it('a cookie is Secure over TLS, and for a domain when told so', () => {
  expect(passCookie('p', 60, false)).toBe('crowdsec_captcha=p; Path=/; Max-Age=60; HttpOnly; SameSite=Lax');
  expect(passCookie('p', 60, true, 'a.example')).toMatch(/; Domain=a\.example; Secure$/);
});

it.each([
  ['App.Example:8443', 'app.example'],
  ['app.example.', 'app.example'],
  ['[2001:DB8::1]:80', '[2001:db8::1]'],
  ['localhost', 'localhost'],
  ['a.example/x', undefined],
  ['a.example\r\nX: y', undefined],
  ['a@b', undefined],
  ['', undefined],
])('the host of %j is %j', (named, host) => {
  expect(hostOf(named)).toBe(host);
});

it('a captcha counts for sister hosts of its domain alone', () => {
  expect(siteOf('a.example.org', undefined)).toEqual({ site: 'a.example.org' });
  for (const host of ['example.org', 'a.example.org', 'b.c.example.org']) {
    expect(siteOf(host, 'example.org')).toEqual({ site: '.example.org', domain: 'example.org' });
  }
  for (const host of ['badexample.org', 'example.org.evil', 'org']) {
    expect(siteOf(host, 'example.org')).toEqual({ site: host });
  }
});
