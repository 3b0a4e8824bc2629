import { describe, expect, it } from 'vitest';
import { phpSnippet, removalSnippet } from '../../src/php-snippet.ts';
import type { RuleOffer } from '../../src/rules/rule-steps.ts';
import { restrictedKeyLine } from '../../src/ssh/helper.ts';
import { PfSenseTree, pfSenseTrees, realPhpMissing } from './pfsense-tree.ts';

const missing = realPhpMissing();
const ALIAS = 'crowdsec_blacklists';
const USUAL: RuleOffer = { interfaces: ['wan'], direction: 'in', log: false, position: 'top' };
const START =
  '<?php require_once("config.inc"); require_once("functions.inc"); require_once("filter.inc"); require_once("shaper.inc");';
/** pfSense writes its configuration in its own way: before anything is compared it has done so once. */
const WRITE = `${START} write_config("as it is"); filter_configure_sync();`;

const separator = (place: string, key: string, row: number): string =>
  `<${key}><row>fr${row}</row><text><![CDATA[${key}]]></text><color>bg-info</color><if>${place}</if></${key}>`;
const pass = (descr: string, more: string): string =>
  `<rule><type>pass</type><ipprotocol>inet</ipprotocol><protocol>tcp</protocol><source><any></any></source><destination><any></any><port>22</port></destination><descr><![CDATA[${descr}]]></descr><tracker>${descr.length}</tracker>${more}</rule>`;

/** A firewall with rules and separators of its own in every place where ours may go. */
const busy = (xml: string): string =>
  xml
    .replace(
      '<filter>',
      `<filter>${pass('Admin floating', '<floating>yes</floating><quick>yes</quick><direction>in</direction><interface>wan</interface>')}${pass('Fibre', '<interface>opt1</interface>')}`,
    )
    .replace(
      '<floatingrules></floatingrules>',
      `<floatingrules>${separator('floatingrules', 'sepf', 1)}</floatingrules><opt1>${separator('opt1', 'sepo', 0)}</opt1>`,
    );

/** The rules that people have made, as rules.debug has them, in their order; the rest is pfSense's own. */
function userRules(tree: PfSenseTree): string[] {
  return tree
    .read('tmp/rules.debug')
    .split('\n')
    .filter((line) => /^(pass|block|match) .*(USER_RULE|tags=user_rule)/.test(line))
    .map((line) =>
      line
        .replace(/\s+ridentifier \d+/, '')

        .replaceAll(/ label "(?:USER_RULE: |descr=)([^"]*)"/g, ' "$1"')
        .replaceAll(/ label "[^"]*"/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );
}

/** In their order, which a release may have by interface. */
const namesOf = (rules: readonly string[]): (string | undefined)[] =>
  foreign(rules).map((rule) => /"[^"]*"/.exec(rule)?.[0]);
const foreign = (rules: readonly string[]): string[] => rules.filter((rule) => !rule.includes('"CrowdSec"'));
const ours = (rules: readonly string[]): string[] =>
  rules.filter((rule) => rule.includes('"CrowdSec"')).map((rule) => rule.replace(' "CrowdSec"', ''));

/** Without what every write changes: the revision, and the time of it. */
function contents(tree: PfSenseTree): string {
  return tree
    .read('cf/conf/config.xml')
    .replace(/<revision>[^]*?<\/revision>/, '')
    .replace(/<lastchange>[^<]*<\/lastchange>|<lastchange\/>/, '');
}

const from = (way: string, on: string, log = ''): string[] =>
  ['inet', 'inet6'].map((family) =>
    `block ${way}${log} quick ${on}${family} from $${ALIAS} to any`.replaceAll(/\s+/g, ' '),
  );
const to = (on: string, log = ''): string[] =>
  ['inet', 'inet6'].map((family) =>
    `block out${log} quick ${on}${family} from any to $${ALIAS}`.replaceAll(/\s+/g, ' '),
  );

const OFFERS: readonly (readonly [string, Partial<RuleOffer>, readonly string[]])[] = [
  ['as usual', {}, from('in', 'on $WAN ')],
  ['with log', { log: true }, from('in', 'on $WAN ', ' log')],
  [
    'on two interfaces, one by its description',
    { interfaces: ['wan', 'Fibre'] },
    [...from('in', 'on $WAN '), ...from('in', 'on $FIBRE ')],
  ],
  ['before all interfaces', { interfaces: ['floating'] }, from('in', '')],
  ['also for what goes out', { direction: 'both' }, [...to('on { em0 } '), ...from('in', 'on $WAN ')]],
  [
    'before all, in and out, with log',
    { interfaces: ['floating'], direction: 'both', log: true },
    [...from('in', '', ' log'), ...to('', ' log')],
  ],
  ['below the rules that are there', { position: 'bottom' }, from('in', 'on $WAN ')],
];

const trees = pfSenseTrees().map(([name, tree]) => ({ name, tree }));
const cases = trees.flatMap((tree) =>
  OFFERS.map(([what, offer, rules]) => ({ ...tree, what, offer: { ...USUAL, ...offer }, rules })),
);

describe.skipIf(missing !== undefined)(
  `the rules that setup offers, by pfSense's own PHP (${missing ?? 'ready'})`,
  () => {
    it.each(cases)(
      '$name, $what: these rules and no others, foreign ones unmoved, once, and taken back',
      async ({ tree: path, offer, rules }) => {
        using tree = new PfSenseTree(path);
        tree.edit(busy);
        const written = await tree.run(WRITE);
        const others = namesOf(userRules(tree));
        expect([...others].sort(), written.stderr).toEqual(['"Admin floating"', '"Fibre"', '"LAN out"', '"Web"']);
        const before = contents(tree);
        const options = { alias: ALIAS, file: true, offer };

        const made = await tree.run(phpSnippet(options));
        expect(made.stdout, made.stderr).toMatch(/^written: pf has the rule$/m);
        const loaded = userRules(tree);
        expect(ours(loaded)).toEqual(rules);
        expect(namesOf(loaded)).toEqual(others);
        const isFirst =
          loaded.findIndex((rule) => rule.includes('"CrowdSec"') && / in /.test(rule)) <
          loaded.findIndex((rule) => rule.includes('"Web"'));
        expect(isFirst).toBe(offer.position === 'top');
        // Each separator stands before the rule that it stood before.
        const rows: Readonly<Record<string, number>> = Object.fromEntries(
          [...contents(tree).matchAll(/<(sep\w+)>\s*<row>fr(\d+)/g)].map(([, key = '', row]): [string, number] => [
            key,
            Number(row),
          ]),
        );
        const moved = (group: string): number => {
          if (offer.position === 'bottom') return 0;
          const floating = (offer.interfaces[0] === 'floating' ? 1 : 0) + (offer.direction === 'both' ? 1 : 0);
          return group === 'floating'
            ? floating
            : offer.interfaces.filter((name) => name.toLowerCase() === group).length;
        };
        expect(rows).toEqual({
          sep0: moved('wan'),
          sep1: 1 + moved('wan'),
          sepf: 1 + moved('floating'),
          sepo: moved('fibre'),
        });

        const after = tree.read('cf/conf/config.xml');
        expect((await tree.run(phpSnippet(options))).stdout).toContain('nothing to do: pf has the rule');
        expect(tree.read('cf/conf/config.xml')).toBe(after);

        const dry = await tree.run(removalSnippet(options, true));
        expect(dry.stdout, dry.stderr).toMatch(/^to be removed$/m);
        expect(tree.read('cf/conf/config.xml')).toBe(after);
        const removed = await tree.run(removalSnippet(options));
        expect(removed.stdout, removed.stderr).toMatch(/^removed$/m);
        expect(contents(tree)).toBe(before);
        expect(tree.read(`var/db/aliastables/${ALIAS}.txt`)).toBe('');
        expect(ours(userRules(tree))).toEqual([]);
        expect((await tree.run(removalSnippet(options))).stdout).toContain('nothing to do');
        expect(contents(tree)).toBe(before);
      },
    );

    it.each(trees)(
      '$name: without a file both aliases go; without other aliases and rules nothing is left of ours',
      async ({ tree: path }) => {
        using tree = new PfSenseTree(path);
        tree.edit((xml) =>
          xml.replace(/<aliases>[^]*<\/aliases>/, '<aliases></aliases>').replaceAll(/<rule>[^]*?<\/rule>/g, ''),
        );
        await tree.run(WRITE);
        const before = contents(tree);
        const options = { alias: ALIAS, file: false };
        expect((await tree.run(phpSnippet(options))).stdout).toMatch(/^written/m);
        expect((await tree.run(removalSnippet(options))).stdout).toMatch(/^removed$/m);
        expect(contents(tree)).toBe(before);
      },
    );

    it.each(trees)(
      '$name: the line of the restricted key goes, and no other; an alias that is used stays',
      async ({ tree: path }) => {
        using tree = new PfSenseTree(path);
        const options = { alias: ALIAS, file: true };
        const mine = 'ssh-ed25519 AAAA mine';
        const keys = (...lines: string[]): string => Buffer.from(`${lines.join('\n')}\n`).toString('base64');
        const user = (text: string): string => `<authorizedkeys>${text}</authorizedkeys><password>x</password></user>`;
        const other = restrictedKeyLine({ ...options, alias: 'other' }, 'ssh-ed25519 BBBB');
        tree.edit((xml) =>
          xml.replace('</user>', user(keys(mine, restrictedKeyLine(options, 'ssh-ed25519 CCCC pi'), other))),
        );
        await tree.run(WRITE);
        const ready = contents(tree);
        await tree.run(phpSnippet(options));
        tree.edit((xml) =>
          xml.replace(
            '</filter>',
            `<rule><type>pass</type><interface>lan</interface><ipprotocol>inet</ipprotocol><source><any></any></source><destination><address>${ALIAS}</address></destination><descr><![CDATA[Mine]]></descr><tracker>9</tracker></rule></filter>`,
          ),
        );
        const { stdout, stderr } = await tree.run(removalSnippet(options));
        expect(stdout, stderr).toMatch(
          /rule on wan: removed\nalias crowdsec_blacklists: kept, it is used by rule "Mine"\nkey of admin: removed/,
        );
        expect(contents(tree)).toContain(`<name>${ALIAS}</name>`);
        expect(contents(tree)).toContain(keys(mine, other));
        tree.edit((xml) => xml.replace(/<rule>(?:(?!<rule>)[^])*Mine[^]*?<\/rule>/, ''));
        await tree.run(removalSnippet(options));
        expect(contents(tree)).toBe(ready.replace(/<authorizedkeys>[^<]*/, `<authorizedkeys>${keys(mine, other)}`));
      },
    );

    it.each(trees)('$name: an interface that is not there is told, and nothing is written', async ({ tree: path }) => {
      using tree = new PfSenseTree(path);
      const before = tree.read('cf/conf/config.xml');
      const { stdout } = await tree.run(
        phpSnippet({ alias: ALIAS, file: true, offer: { ...USUAL, interfaces: ['dsl'] } }),
      );
      expect(stdout).toMatch(/^NOT in force: no interface dsl; there are: wan, opt1, lan$/m);
      expect(tree.read('cf/conf/config.xml')).toBe(before);
    });

    it.each(trees)(
      '$name: an alias of an earlier version loses the URL at which something might answer',
      async ({ tree: path }) => {
        using tree = new PfSenseTree(path);
        const options = { alias: ALIAS, file: true };
        await tree.run(phpSnippet(options));
        const made = contents(tree);
        tree.edit((xml) => xml.replaceAll('http://127.0.0.1:9/', 'https://127.0.0.1/'));
        expect((await tree.run(phpSnippet(options))).stdout).toMatch(/URL set to http:\/\/127\.0\.0\.1:9\/[^]*written/);
        expect(contents(tree)).toBe(made);
        const served = { ...options, listUrl: 'http://192.168.1.10:41412/crowdsec_blacklists.txt' };
        expect((await tree.run(phpSnippet(served))).stdout).toMatch(/written/);
        // What an administrator has chosen stays.
        expect((await tree.run(phpSnippet(options))).stdout).toMatch(/nothing to do/);
      },
    );
  },
);
