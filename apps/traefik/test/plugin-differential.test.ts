import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RenderedFile } from '@bouncer/target';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../src/emit/tree.ts';
import { pluginOption } from '../src/options/option-table.ts';
import { tableFor } from '../src/options/plugin-table.ts';
import { validateOptions } from '../src/options/validate.ts';
import { parseVersion } from '../src/options/version.ts';
import { dynamicTree } from '../src/plugin/documents.ts';
import { pluginSideFiles } from '../src/plugin/plugin-files.ts';
import { effectiveOptions } from '../src/plugin/plugin-options.ts';
import { validateTraefik } from '../src/validate.ts';
import { tableOf } from '../tools/read-plugin.ts';
import { OptionSets, type OptionSet } from './option-sets.ts';
import { askPlugin, buildPlugin, missingPlugin, pluginSources } from './real-plugin.ts';
import { stricter } from './stricter.ts';

const missing = await missingPlugin();

describe.skipIf(missing !== undefined)(`the plugin itself (${missing ?? 'ready'})`, () => {
  let folder: string;
  let sets: OptionSets;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
    mkdirSync(path.join(folder, 'output'));
    sets = await OptionSets.create(folder);
    // The files of sets that are refused here: those that no option has a part in.
    write(pluginSideFiles(sets.values({ options: {}, lapiUrl: 'https://a.lan' }, {})));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(files: readonly RenderedFile[]): void {
    for (const { path: name, bytes } of files) writeFileSync(path.join(folder, 'output', name), bytes);
  }

  describe.each(pluginSources)('$version', (source) => {
    const version = parseVersion(source.version)!;

    it('has the options of our table', () => {
      expect(tableOf(source.folder)).toEqual(tableFor(version));
    });

    it('starts with every set of options that is accepted here; where we are stricter is on our list', async () => {
      const program = await buildPlugin(source, folder);
      const all = sets.of(version);
      const refused = all.filter((set) => rulesOf(set).length > 0);
      const accepted = all.filter((set) => !refused.includes(set));
      const trees = [
        ...accepted.map(written),
        ...refused.map((set) => effectiveOptions(sets.values(set, { pluginVersion: version }))),
      ];
      const answers = await askPlugin(program, trees);
      expect(answers).toHaveLength(all.length);
      const looser = accepted.flatMap((set, index) =>
        answers[index] === 'ok' ? [] : [`${answers[index]}: ${JSON.stringify(set)}`],
      );
      expect(looser).toEqual([]);
      expect(accepted.length).toBeGreaterThan(600);

      const counts = new Map<string, number>();
      for (const [index, set] of refused.entries()) {
        // A set counts for the one rule that refuses it, so that each is seen by itself.
        const [rule = '', ...others] = new Set(rulesOf(set));
        if (answers[accepted.length + index] === 'ok' && others.length === 0)
          counts.set(rule, (counts.get(rule) ?? 0) + 1);
      }
      const seen = [...counts.keys()].filter((rule) => !(rule in stricter));
      const figures = [...counts].sort().map(([rule, count]) => `${rule} ${count}`);
      const ours = [...counts.values()].reduce((sum, count) => sum + count, 0);
      process.stdout.write(
        `${source.version}: ${all.length} sets, ${accepted.length} accepted by both, 0 by us alone, ${ours} by the plugin alone (${figures.join(', ')})\n`,
      );
      expect(seen).toEqual([]);
    }, 300_000);

    /** The rules that refuse a set, or `settings` for what is no rule of the plugin's options. */
    function rulesOf(set: OptionSet): readonly string[] {
      const values = sets.values(set, { pluginVersion: version });
      if (validateTraefik(values).length === 0) return [];
      const rules = validateOptions(effectiveOptions(values), version).filter(({ level }) => level !== 'advice');
      return rules.length === 0 ? ['settings'] : rules.map(({ rule }) => rule);
    }

    /** What would be written, with the files beside it: of their own, since a secret among the options goes to one. */
    function written(set: OptionSet, index: number): object {
      const mine = sets.values(set, { pluginVersion: version, middleware: `m${index}` });
      write(pluginSideFiles(mine));
      return at(dynamicTree(mine), 'http', 'middlewares', mine.middleware, 'plugin', 'crowdsec') as object;
    }
  });
});

describe('the list of what we refuse and the plugin takes', () => {
  it('has a reason for each rule', () => {
    expect(Object.values(stricter).every((reason) => reason.length > 20)).toBe(true);
    expect(pluginOption('CROWDSECLAPIKEY')).toMatchObject({ name: 'crowdsecLapiKey', secret: true });
  });
});
