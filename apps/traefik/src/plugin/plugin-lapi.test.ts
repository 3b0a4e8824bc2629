import { Secret } from '@bouncer/target';
import { describe, expect, it } from 'vitest';
import { sampleValues } from '../testing.ts';
import { pluginConcerns } from './plugin-lapi.ts';

const levels = (more: Parameters<typeof sampleValues>[0], isAsked = true) =>
  pluginConcerns(sampleValues(more), isAsked).map(({ level, seen }) => `${level}: ${seen}`);

describe('what a plugin that we only configure may let through', () => {
  it('is never all green: what it blocks is not seen from here, and stream mode knows no ranges', () => {
    const unseen: unknown = expect.stringMatching(/^warn: what the plugin blocks is not seen/);
    const ranges: unknown = expect.stringMatching(/^warn: .*banned ranges get through/);
    expect(levels({})).toEqual([unseen, ranges]);
    expect(levels({ plugin: { crowdsecMode: 'live' } })).toEqual([unseen]);
  });

  it.each(['appsec', 'alone'])('mode %s does not ask our LAPI: its bans do not count', (mode) => {
    expect(levels({ plugin: { crowdsecMode: mode } })[0]).toMatch(new RegExp(`^fail: crowdsecMode is ${mode}`));
  });

  it('a key that the plugin takes in none makes its routers answer 404', () => {
    expect(levels({ lapiKey: new Secret('käse key') })[0]).toMatch(/^fail: the key holds a character/);
  });

  it('a LAPI that we cannot ask as the plugin does is told', () => {
    expect(levels({}, false)[0]).toMatch(/^warn: whether LAPI takes the key/);
  });
});
