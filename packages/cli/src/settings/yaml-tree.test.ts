import { describe, expect, it } from 'vitest';
import { setting, type SettingType } from '@bouncer/target';
import { treeVariables, yamlKeys } from './names.ts';
import { parseYaml } from './yaml-file.ts';

const treeKind: SettingType<string> = {
  accepted: 'a tree',
  schema: { type: 'object' },
  tree: true,
  parse: (text) => ({ value: text }),
  print: (value) => value,
};
const settings = {
  tree: setting.of(treeKind, { env: 'SAMPLE_TREE', yaml: 'tree', default: '{}', help: 'a tree' }),
  plain: setting.text({ env: 'SAMPLE_PLAIN', help: 'a text' }),
};

async function read(text: string): Promise<[unknown, readonly string[]]> {
  const yaml = await parseYaml('f', text, yamlKeys(settings, 'sample'), treeVariables(settings));
  const found = yaml.values.get('SAMPLE_TREE')?.text;
  return [
    found === undefined ? undefined : (JSON.parse(found) as unknown),
    yaml.problems.map(({ problem }) => problem),
  ];
}

describe('a setting that is a tree', () => {
  it('takes a group of any depth, plain scalars as they were written', async () => {
    const text =
      'tree:\n  key: 0123\n  on: yes\n  date: 2026-01-01\n  quoted: "1_0"\n  list: [a, 1e5]\n  deep: {x: ~}\n';
    const tree = { key: '0123', on: 'yes', date: '2026-01-01', quoted: '1_0', list: ['a', '1e5'], deep: {} };
    expect(await read(text)).toEqual([tree, []]);
  });

  it('has both names: the one of its own and the one that follows from the variable', async () => {
    expect(await read('sample:\n  tree:\n    a: b\n')).toEqual([{ a: 'b' }, []]);
  });

  it('leaves other settings strict', async () => {
    expect(await read('sample:\n  plain: {a: b}\n')).toEqual([
      undefined,
      ['sample.plain is a group; a plain value is accepted'],
    ]);
  });
});
