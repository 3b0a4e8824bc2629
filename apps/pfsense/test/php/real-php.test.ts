import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HEADER } from '../../src/list/alias-file.ts';
import { phpSnippet } from '../../src/php-snippet.ts';
import { parseRules } from '../../src/rules/pf-rule.ts';
import { walk } from '../../src/rules/walk.ts';
import { setupText } from '../../src/setup-text.ts';
import { PfSenseTree, pfSenseTrees, realPhpMissing } from './pfsense-tree.ts';

const missing = realPhpMissing();
const ALIAS = 'crowdsec_blacklists';
const FILE = `var/db/aliastables/${ALIAS}.txt`;
const LOAD =
  '<?php require_once("config.inc"); require_once("functions.inc"); require_once("filter.inc"); require_once("shaper.inc"); filter_configure_sync();';

/** What a packet of a banned address meets that comes in on WAN, by the real rules.debug. */
const ends = (tree: PfSenseTree): string[] => {
  const rules = parseRules(tree.read('tmp/rules.debug'));
  return ([4, 6] as const).map((family) => walk(rules, { alias: ALIAS, family, interfaces: ['em0'] }).end);
};

const snippets = [true, false].map((file) => ({ file, options: { alias: ALIAS, file } }));
const trees = pfSenseTrees().map(([name, tree]) => ({ name, tree }));

describe.skipIf(missing !== undefined)(`what setup prints, run by pfSense's own PHP (${missing ?? 'ready'})`, () => {
  const cases = trees.flatMap((tree) => snippets.map((snippet) => ({ ...tree, ...snippet })));

  it.each(cases)(
    '$name, file $file: both rules stand first, once, and the separators stay',
    async ({ tree: path, options }) => {
      using tree = new PfSenseTree(path);
      const dry = await tree.run(phpSnippet(options, true));
      expect(dry.stdout, dry.stderr).toMatch(/^rule: new.*\nto be written$/m);
      expect(tree.read('cf/conf/config.xml')).not.toContain(ALIAS);
      const first = await tree.run(phpSnippet(options));
      expect(first.stdout, first.stderr).toMatch(/^written: pf has the rule$/m);
      expect(ends(tree)).toEqual(['ours', 'ours']);
      expect(tree.read('tmp/rules.debug')).not.toContain('Unresolvable');
      const xml = tree.read('cf/conf/config.xml');
      // The new rule is the first of WAN: what stood before rule 0 and rule 1 stands before 1 and 2.
      expect([...xml.matchAll(/<row>(fr\d+)<\/row>/g)].map(([, row]) => row)).toEqual(['fr1', 'fr2']);
      if (options.file) expect(tree.read(FILE)).toBe(HEADER);
      const again = await tree.run(phpSnippet(options));
      expect(again.stdout).toContain('nothing to do: pf has the rule');
      expect(tree.read('cf/conf/config.xml')).toBe(xml);
    },
  );

  it.each(trees)('$name: as setup prints it, without its first line or with it', async ({ tree: path }) => {
    using tree = new PfSenseTree(path);
    const text = setupText({
      ...{ host: '192.168.1.1', port: 22, user: 'admin', hostKeys: [], sudo: false, killStates: true },
      ...{ alias: ALIAS, file: true },
    });
    const printed = text.slice(text.indexOf('<?php'), text.indexOf('\n4. '));
    expect((await tree.run(printed)).stdout).toMatch(/^written/m);
    expect(ends(tree)).toEqual(['ours', 'ours']);
  });

  it.each(trees)('$name: a rule that pf has not loaded is mended by a second run', async ({ tree: path }) => {
    using tree = new PfSenseTree(path);
    await tree.run(phpSnippet({ alias: ALIAS, file: true }));
    // As pfSense leaves it when the URL of the alias does not answer, and the filter is loaded then.
    tree.write(FILE, '');
    await tree.run(LOAD);
    expect(tree.read('tmp/rules.debug')).toContain('Unresolvable source alias');
    expect(ends(tree)).not.toContain('ours');
    const before = tree.read('cf/conf/config.xml');
    const mended = await tree.run(phpSnippet({ alias: ALIAS, file: true }));
    expect(mended.stdout).toMatch(/filter: to be loaded anew[\s\S]*written: pf has the rule/);
    expect(ends(tree)).toEqual(['ours', 'ours']);
    expect(tree.read('cf/conf/config.xml')).toBe(before);
  });

  it.each(trees)(
    '$name: a folder that is gone is made, and a disabled rule is enabled, not doubled',
    async ({ tree: path }) => {
      using tree = new PfSenseTree(path);
      await tree.run(phpSnippet({ alias: ALIAS, file: true }));
      rmSync(tree.path('var/db/aliastables'), { recursive: true });
      tree.edit((xml) =>
        xml.replace('<descr><![CDATA[CrowdSec]]></descr>', '<descr><![CDATA[CrowdSec]]></descr><disabled></disabled>'),
      );
      const { stdout, stderr } = await tree.run(phpSnippet({ alias: ALIAS, file: true }));
      expect(stdout, stderr).toMatch(/disabled; enabled[\s\S]*written/);
      expect(ends(tree)).toEqual(['ours', 'ours']);
      expect(tree.read('cf/conf/config.xml').match(/<address>crowdsec_blacklists</g)).toHaveLength(1);
    },
  );

  it.each(trees)(
    '$name: a rule that blocks a part only is told, left alone, and a whole one is put before it',
    async ({ tree: path }) => {
      using tree = new PfSenseTree(path);
      tree.edit((xml) =>
        xml.replace(
          '<filter>',
          `<filter><rule><type>block</type><interface>wan</interface><ipprotocol>inet</ipprotocol><protocol>tcp</protocol><source><address>${ALIAS}</address></source><destination><any></any><port>22</port></destination><descr><![CDATA[SSH]]></descr><tracker>7</tracker></rule>`,
        ),
      );
      const { stdout } = await tree.run(phpSnippet({ alias: ALIAS, file: true }));
      expect(stdout).toMatch(/rule "SSH": blocks a part only, left alone[\s\S]*rule: new[\s\S]*written/);
      expect(ends(tree)).toEqual(['ours', 'ours']);
    },
  );

  it.each(trees)('$name: says that it is not in force when pf does not load it', async ({ tree: path }) => {
    using tree = new PfSenseTree(path);
    await tree.run(LOAD);
    tree.write('tmp/refuse', '');
    const { stdout } = await tree.run(phpSnippet({ alias: ALIAS, file: true }));
    expect(stdout).toMatch(/^NOT in force: pf has not loaded it/m);
    expect(stdout).not.toMatch(/^written/m);
  });
});
