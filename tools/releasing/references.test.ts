import { describe, expect, it } from 'vitest';
import { referencesOf } from './references.ts';

const owner = 'Some-Team';
const tags = ['v0.9.0', 'v1.1.4', 'v1.2.2', 'v1.3.0-rc.1', 'not-a-version'];

describe('what a release is pushed as', () => {
  it.each([
    ['v1.2.3', ['1.2', '1', 'latest']],
    ['v2.0.0', ['2.0', '2', 'latest']],
    // Maintenance of an older line takes nothing from a newer one.
    ['v1.1.5', ['1.1']],
    ['v0.9.1', ['0.9']],
    // Tagged again, or not fetched yet.
    ['v1.2.2', ['1.2', '1', 'latest']],
    // Before a final one: by its own name only.
    ['v1.3.0-rc.1', []],
    ['v9.0.0-beta', []],
  ])('%s moves %j', (tag, aliases) => {
    const references = referencesOf({ tag, tags, owner });
    expect(references).toEqual({
      registry: 'ghcr.io/some-team',
      version: tag.slice(1),
      aliases,
      isFinal: !tag.includes('-'),
    });
  });

  it('a first version below 1 is the latest, and no promise for 0', () => {
    expect(referencesOf({ tag: 'v0.1.0', tags: ['v0.1.0'], owner }).aliases).toEqual(['0.1', 'latest']);
  });

  it('tens are more than nines', () => {
    expect(referencesOf({ tag: 'v1.9.0', tags: ['v1.10.0'], owner }).aliases).toEqual(['1.9']);
  });

  it.each([
    '1.2.3',
    'v1.2',
    'v1.2.3.4',
    'v01.2.3',
    'v1.2.3+build',
    'v1.2.3-',
    'v1.2.3-rc..1',
    `v1.2.3-${'a'.repeat(130)}`,
  ])('the tag %s is refused', (tag) => {
    expect(() => referencesOf({ tag, tags, owner })).toThrow(/^the tag v?[\d]/);
  });

  it.each([
    ['registry.example.org/team/', 'registry.example.org/team'],
    ['localhost:5000', 'localhost:5000'],
    [' ghcr.io/other/sub ', 'ghcr.io/other/sub'],
  ])('the registry %j is taken', (registry, taken) => {
    expect(referencesOf({ tag: 'v1.0.0', tags, owner, registry }).registry).toBe(taken);
  });

  it.each([
    'https://ghcr.io/team',
    'ghcr.io',
    '/',
    'ghcr.io//team',
    'ghcr.io/Team',
    'ghcr.io/team:1',
    'gh cr.io/a',
    '${X}',
  ])('the registry %j is refused', (registry) => {
    expect(() => referencesOf({ tag: 'v1.0.0', tags, owner, registry })).toThrow(/^IMAGE_REGISTRY is /);
  });
});
