import { spawnSync } from 'node:child_process';
import { programMissing } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { helperScript } from './helper.ts';

const noAwk = await programMissing('original-awk', 'original-awk', ['--version']);
const ALIAS = 'crowdsec_blacklists';

/** The helper's look at config.xml as it is sent, by FreeBSD's awk and others, with how much work it was. */
function look(xml: string, awk: string): { lines: string[]; seconds: number } {
  const script = helperScript({ alias: ALIAS, file: true }).replace(/case "\$1" in .*$/, 'config');
  const program = `awk() { ${awk} "$@"; };${script.replace('x=/conf/config.xml', 'x=-')};times`;
  const { stdout, stderr } = spawnSync('sh', ['-c', program], { input: xml, maxBuffer: 64 * 1024 * 1024 });
  expect(stderr.toString()).toBe('');
  const lines = stdout.toString().trimEnd().split('\n');
  const times = lines.splice(-2)[1] ?? '';
  const [, minutes = 0, seconds = 0] = /^(\d+)m([\d.]+)s/.exec(times) ?? [];
  return { lines, seconds: Number(minutes) * 60 + Number(seconds) };
}

const alias = (name: string, address: string): string =>
  `\t\t<alias>\n\t\t\t<name>${name}</name>\n\t\t\t<type>network</type>\n\t\t\t<address>${address}</address>\n\t\t</alias>\n`;
const rule = (source: string): string =>
  `\t\t<rule>\n\t\t\t<type>block</type>\n\t\t\t<source>\n\t\t\t\t<address>${source}</address>\n\t\t\t</source>\n\t\t</rule>\n`;
const other =
  alias('servers', Array.from({ length: 40 }, (_, index) => `10.0.${index}.0/24`).join(' ')) + rule('servers');
const certificate = `\t\t<crt>${'A'.repeat(1500)}</crt>\n`;

/** A configuration of about so many bytes. */
function configXml(bytes: number, more = ''): string {
  const times = Math.ceil(bytes / (other.length + certificate.length));
  return [
    '<pfsense>\n\t<interfaces>\n\t\t<wan>\n\t\t\t<if>em0</if>\n\t\t\t<password>secret</password>\n\t\t</wan>\n\t</interfaces>\n',
    `\t<aliases>\n${(other + certificate).repeat(times)}${alias(ALIAS, 'inner')}${alias('inner', '')}${more}\t</aliases>\n`,
    `\t<filter>\n${rule(ALIAS)}\t</filter>\n\t<hasync>\n\t\t<synchronizetoip>192.168.1.3</synchronizetoip>\n\t</hasync>\n</pfsense>\n`,
  ].join('');
}

describe.skipIf(noAwk !== undefined).each(['original-awk', 'mawk'])(
  `config.xml, read by %s (${noAwk ?? 'ready'})`,
  (awk) => {
    it('takes what concerns us out of it, and nothing else', () => {
      const { lines } = look(configXml(20_000), awk);
      expect(lines.map((line) => line.replaceAll(/\t/g, ''))).toEqual([
        'i<wan>',
        'i<if>em0</if>',
        'i</wan>',
        `b<alias><name>${ALIAS}</name><type>network</type><address>inner</address></alias>`,
        'minner',
        `b<rule><type>block</type><source><address>${ALIAS}</address></source></rule>`,
        'h<synchronizetoip>192.168.1.3</synchronizetoip>',
      ]);
    });

    it('finds ours behind an element that never ends, and keeps no more of one than it looks at', () => {
      const torn = '\t\t<rule>\n' + `${'x'.repeat(80)}\n`.repeat(20_000);
      const { lines } = look(configXml(1000, torn), awk);
      expect(lines.filter((line) => line.startsWith('b'))).toHaveLength(2);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(2100);
    });

    it('works no more than it has to: twice as much for twice the size, not four times', () => {
      const [half, whole] = [4, 8].map((megabytes) => look(configXml(megabytes * 1_000_000), awk).seconds);
      // In seconds of work, which a busy machine does not change; quadratic would be 4.
      expect((whole ?? 0) / Math.max(0.05, half ?? 0)).toBeLessThan(3.2);
    });
  },
);
