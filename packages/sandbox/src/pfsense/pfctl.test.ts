import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Alias } from './config.ts';
import { PfFirewall } from './firewall.ts';
import { pfctl } from './pfctl.ts';

function firewall(aliases: Alias[] = []): PfFirewall {
  const root = mkdtempSync(path.join(tmpdir(), 'pfctl-test-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  for (const folder of ['cf/conf', 'tmp', 'var/db/aliastables'])
    mkdirSync(path.join(root, folder), { recursive: true });
  const made = new PfFirewall(root);
  made.writeConfig({ aliases, rules: [], ramDisk: false });
  return made;
}

const T = ['-t', 'T'];

it('says what pfctl says, on stderr, and shows on stdout with three blanks in pf order', () => {
  const pf = firewall();
  expect(pfctl(pf, [...T, '-T', 'show'], '')).toEqual({ code: 255, err: 'pfctl: Table does not exist.\n' });
  const add = [...T, '-T', 'add', '10.0.0.2', '2001:DB8::1', '9.0.0.0/8', '10.0.0.2', '1.2.3.4/24'];
  expect(pfctl(pf, add, '')).toEqual({ code: 0, err: '1 table created.\n4/5 addresses added.\n' });
  expect(pfctl(pf, [...T, '-T', 'show'], '').out).toBe('   1.2.3.0/24\n   9.0.0.0/8\n   10.0.0.2\n   2001:db8::1\n');
  expect(pfctl(pf, [...T, '-T', 'delete', '10.0.0.2', '10.0.0.3'], '').err).toBe('1/2 addresses deleted.\n');
  expect(pfctl(pf, [...T, '-T', 'test', '9.1.1.1', '8.8.8.8'], '')).toEqual({ code: 2, err: '1/2 addresses match.\n' });
  const list = '# comment\n10.0.0.9 # more\n9.0.0.0/8\n';
  const replace = [...T, '-T', 'replace', '-f', '-'];
  expect(pfctl(pf, replace, list).err).toBe('1 addresses added.\n2 addresses deleted.\n');
  expect(pfctl(pf, replace, list).err).toBe('no changes.\n');
  expect(pfctl(pf, ['-q', ...replace], list).err).toBe('');
  expect(pfctl(pf, [...T, '-T', 'kill'], '').err).toBe('1 table deleted.\n');
});

it.each(['10.0.0.256', 'example.org', '10.0.0.0/33', '10.0.0.1/x', '-', '010.0.0.1', '1.2.3'])(
  'takes nothing of an input that holds %s',
  (token) => {
    const pf = firewall();
    pfctl(pf, [...T, '-T', 'add', '192.0.2.1'], '');
    const { code, err } = pfctl(pf, [...T, '-T', 'replace', '-f', '-'], `10.0.0.1\n${token}\n`);
    expect(code).toBe(255);
    expect(err).toContain('cannot load -');
    expect([...(pf.tables.get('T')?.entries.keys() ?? [])]).toEqual(['192.0.2.1']);
  },
);

it('has the limits of pf: room for what is new, and so many elements in one request', () => {
  const pf = firewall();
  pf.limits.tableEntries = 3;
  pfctl(pf, [...T, '-T', 'add', '10.0.0.1', '10.0.0.2'], '');
  expect(pfctl(pf, [...T, '-T', 'replace', '10.0.0.1', '10.0.0.2', '10.0.0.3'], '').code).toBe(0);
  expect(pfctl(pf, [...T, '-T', 'replace', '10.0.0.4'], '')).toEqual({
    code: 255,
    err: 'pfctl: Cannot allocate memory.\n',
  });
  pf.limits.requestMaxcount = 1;
  expect(pfctl(pf, [...T, '-T', 'delete', '10.0.0.1', '10.0.0.2'], '').err).toContain('pfctl: Invalid argument.');
  expect(pf.tables.get('T')?.entries.size).toBe(3);
});

it('does at a reload what pfSense does to each kind of alias', () => {
  const url = 'https://127.0.0.1/x.txt';
  const pf = firewall([
    { name: 'EmptyHost', type: 'host', address: '' },
    { name: 'Nested', type: 'network', address: 'EmptyHost' },
    { name: 'Literal', type: 'network', address: '192.0.2.0/24' },
    { name: 'File', type: 'urltable', address: url, url },
    { name: 'NoFile', type: 'urltable', address: url, url },
  ]);
  writeFileSync(pf.aliasFile('File'), '198.51.100.7\n');
  pf.reload();
  for (const name of ['EmptyHost', 'Nested', 'Literal', 'File', 'Free'])
    pfctl(pf, ['-t', name, '-T', 'add', '10.9.9.9'], '');
  pf.reload({ late: false });
  const held = (name: string) =>
    pf.tables
      .get(name)
      ?.sorted()
      .map(({ text }) => text);
  expect(held('EmptyHost')).toEqual(['10.9.9.9']);
  pf.runLateCommands();
  expect(held('EmptyHost')).toEqual([]);
  expect(held('Nested')).toEqual(['10.9.9.9']);
  expect(held('Literal')).toEqual(['192.0.2.0/24']);
  expect(held('File')).toEqual(['198.51.100.7']);
  expect(held('Free')).toBeUndefined();
  expect(held('NoFile')).toBeUndefined();
  pf.reboot();
  expect(held('Nested')).toEqual([]);
  expect(held('File')).toEqual(['198.51.100.7']);
});

it('loads no ruleset whose tables do not fit beside the live ones', () => {
  const url = 'https://127.0.0.1/x.txt';
  const pf = firewall([{ name: 'File', type: 'urltable', address: url, url }]);
  writeFileSync(pf.aliasFile('File'), '198.51.100.7\n198.51.100.8\n');
  expect(pf.reload()).toBe(true);
  pf.limits.tableEntries = 3;
  expect(pf.reload()).toBe(false);
  expect(pf.notices.at(-1)).toContain('Cannot allocate memory');
});
