import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { allHostileTexts, hostileAddress, samples } from '@bouncer/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { EXIT, helperScript, restrictedKeyLine } from '../src/ssh/helper.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'helper-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const log = path.join(folder, 'log');
// Takes the place of pfctl: notes what it is given on its standard input.
writeFileSync(
  path.join(folder, 'pfctl'),
  `#!/bin/sh\ncase "$*" in *-f*) cat >>${log};; *Tables*) echo crowdsec;; esac\n`,
);
chmodSync(path.join(folder, 'pfctl'), 0o755);

/** The helper as it stands, but that it finds our pfctl. */
const script = helperScript({ alias: 'crowdsec', file: false }).replace(/^PATH=/, `PATH=${folder}:`);
const shells = ['dash', 'bash', 'busybox'].filter(
  (shell) => spawnSync(shell, ['-c', 'true']).status === 0 || existsSync(`/bin/${shell}`),
);

function run(shell: string, args: readonly string[], input: string) {
  writeFileSync(log, '');
  const command = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
  const { status } = spawnSync(command[0] ?? 'sh', [...command.slice(1), '-c', script, 'crowdsec-bouncer', ...args], {
    input,
    cwd: folder,
  });
  return { status, given: readFileSync(log, 'utf8').split('\n').slice(0, -1) };
}

/** `cksum` of POSIX, by the program itself. */
function sumOf(text: string): string[] {
  return spawnSync('cksum', { input: text }).stdout.toString().trim().split(' ');
}

describe.each(shells)('the script on the firewall, run by %s', (shell) => {
  it('gives pfctl nothing but what looks like an address, whatever it is sent', () => {
    const odd = samples(`lines for the helper of pfSense, in ${shell}`, hostileAddress(), 500);
    const lines = [...allHostileTexts, ...odd].flatMap((text) => text.split('\n'));
    const text = ['45.83.64.1', ...lines]
      .map((line) => `+${line}\n`)
      .join('')
      .replaceAll('\u0000', '');
    const { status, given } = run(shell, ['delta', ...sumOf(text).slice(0, 2)], text);
    expect([status, given]).toEqual([0, expect.arrayContaining(['45.83.64.1'])]);
    expect(given.filter((line) => !/^[0-9a-f.:]+(\/[0-9]+)?$/.test(line))).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['log', 'pfctl']);
  });

  it('does nothing when the input was cut, and nothing but its verbs', () => {
    expect(run(shell, ['delta', '1', '2'], '+45.83.64.1\n')).toEqual({ status: EXIT.cut, given: [] });
    for (const word of allHostileTexts.filter(
      (each) => !each.includes('\u0000') && Buffer.from(each).toString() === each,
    )) {
      const { status, given } = run(shell, [word], '');
      expect([word, status, given]).toEqual([word, EXIT.noVerb, []]);
    }
  }, 60_000);
});

describe('the line for authorized_keys', () => {
  it('is read back by the rules of sshd as the command that it was made of', () => {
    const line = restrictedKeyLine({ alias: 'crowdsec', file: true }, 'ssh-ed25519 AAAA x');
    // opt_dequote() of OpenSSH: only \" is an escape; the first bare quote ends the value.
    const [, dequoted = '', rest] = /^restrict,command="((?:[^"\\]|\\"|\\(?!"))*)"(.*)$/.exec(line) ?? [];
    expect(rest).toBe(' ssh-ed25519 AAAA x');
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    const command = `/bin/sh -c '${helperScript({ alias: 'crowdsec', file: true })}' crowdsec-bouncer`;
    expect(digest(dequoted.replaceAll('\\"', '"'))).toBe(digest(command));
  });
});
