import { createProjectGraphAsync } from '@nx/devkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { kinds } from './kinds.ts';

/** What `nx affected -t test` tests when a file of this project has changed: it, and all that depend on it. */
let testedFor: (project: string) => readonly string[];

beforeAll(async () => {
  const { dependencies } = await createProjectGraphAsync();
  const uses = (project: string): readonly string[] => (dependencies[project] ?? []).map(({ target }) => target);
  const all = Object.keys(dependencies).filter((name) => name.startsWith('@bouncer/'));
  testedFor = (project) => {
    const found = new Set([project]);
    for (const one of found) for (const user of all) if (uses(user).includes(one)) found.add(user);
    return [...found].sort();
  };
});

describe('a change', () => {
  // apps/bouncer reaches them through tools/kinds.ts, where Nx does not look: its package.json names them by their tag.
  it.each(Object.keys(kinds))('of %s tests that app and the one that has all kinds, and nothing else', (kind) => {
    expect(testedFor(`@bouncer/${kind}`)).toEqual(['@bouncer/bouncer', `@bouncer/${kind}`].sort());
  });

  it('of the app that has all kinds tests that one alone', () => {
    expect(testedFor('@bouncer/bouncer')).toEqual(['@bouncer/bouncer']);
  });

  it('of the stream tests everything that is made of it', () => {
    const apps = ['bouncer', ...Object.keys(kinds)].map((kind) => `@bouncer/${kind}`);
    expect(testedFor('@bouncer/stream')).toEqual(expect.arrayContaining(['@bouncer/engine', '@bouncer/cli', ...apps]));
  });
});
