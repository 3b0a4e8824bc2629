import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { configInc } from './php-includes.ts';
import { wireScript } from './wire.ts';

/** A user that can log in. */
export interface ShellUser {
  readonly name: string;
  readonly uid: number;
  readonly shell: string;
  readonly password?: string;
  /** Lines of authorized_keys. */
  readonly keys?: readonly string[];
  /** May run everything as root without a password. */
  readonly sudo?: boolean;
}

const FOLDERS = [
  'dev',
  'proc',
  'usr',
  'root',
  'home',
  'tmp',
  'run/sshd',
  'sbin',
  'local/bin',
  'local/etc',
  'local/sbin',
  'cf/conf',
].concat([
  'etc/ssh',
  'etc/inc',
  'etc/pam.d',
  'etc/keys',
  'etc/sudoers.d',
  'var/run',
  'var/db/aliastables',
  'var/empty',
  'var/lib/sudo',
]);

/** pfSense's menu for `admin`: what sshd runs for a command is `rc.initial -c COMMAND`. */
const RC_INITIAL = `#!/bin/sh
if [ "$1" = "-c" ]; then
	shift
	/bin/sh -c "$*"
	exit $?
fi
echo "*** Welcome to pfSense ***"
`;

const STAT = `#!/usr/bin/perl
# BSD stat, as far as -f %m goes
exit 1 unless @ARGV == 3 && $ARGV[0] eq '-f' && $ARGV[1] eq '%m';
my @found = stat($ARGV[2]) or do { print STDERR "stat: $ARGV[2]: stat: No such file or directory\\n"; exit 1 };
print "$found[9]\\n";
`;

/** pfSense before 2.7 knows no `-c`: whoever asks `admin` for a command is shown the menu. */
const RC_INITIAL_2_6 = `#!/bin/sh
echo "*** Welcome to pfSense 2.6.0-RELEASE (amd64) on fw ***"
echo " 0) Logout (SSH only)                  9) pfTop"
echo "Enter an option: "
read -r option
exit 0
`;

/** How the tree is to be. */
export interface TreeOptions {
  readonly version: string;
  /** What is printed before a command of `admin` runs. */
  readonly before: string;
}

/** Writes everything that the stand-in's file tree holds beside /usr. */
export function writeTree(root: string, users: readonly ShellUser[], { version, before }: TreeOptions): void {
  for (const folder of FOLDERS) mkdirSync(path.join(root, folder), { recursive: true });
  chmodSync(path.join(root, 'tmp'), 0o1777);
  chmodSync(path.join(root, 'etc/keys'), 0o755);
  for (const folder of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${folder}`, path.join(root, folder));
  const file = (name: string, text: string, mode = 0o644): void => {
    writeFileSync(path.join(root, name), text, { mode });
    chmodSync(path.join(root, name), mode);
  };
  symlinkSync('cf/conf', path.join(root, 'conf'));
  file('etc/hosts', `127.0.0.1 localhost ${hostname()}\n`);
  copyFileSync('/etc/ld.so.cache', path.join(root, 'etc/ld.so.cache'));
  for (const program of ['pfctl', 'sysctl']) file(`sbin/${program}`, wireScript, 0o755);
  file('sbin/stat', STAT, 0o755);
  symlinkSync('/usr/bin/original-awk', path.join(root, 'sbin/awk'));
  file('etc/rc.filter_configure_sync', wireScript, 0o755);
  const said = before === '' ? '' : `printf '%s' '${before}'\n`;
  file('etc/rc.initial', version.startsWith('2.6') ? RC_INITIAL_2_6 : RC_INITIAL.replace('\n', `\n${said}`), 0o755);
  file('local/bin/php', '#!/bin/sh\nexec /usr/bin/php8.2 -n -d include_path=.:/etc/inc "$@"\n', 0o755);
  if (version.startsWith('OPNsense')) file('local/sbin/opnsense-version', `#!/bin/sh\necho "${version}"\n`, 0o755);
  else file('etc/version', `${version}\n`);
  for (const name of ['functions', 'filter', 'shaper', 'util', 'auth']) file(`etc/inc/${name}.inc`, '<?php\n');
  // OPNsense has a file of that name, and none of the functions.
  file('etc/inc/config.inc', version.startsWith('OPNsense') ? '<?php\n' : configInc);
  file('etc/nsswitch.conf', 'passwd: files\ngroup: files\nshadow: files\n');
  for (const service of ['sshd', 'sudo', 'other']) {
    file(
      `etc/pam.d/${service}`,
      // FreeBSD's PAM refuses at once; Linux' would wait two seconds.
      'auth required pam_unix.so nodelay\naccount required pam_permit.so\nsession required pam_permit.so\n',
    );
  }
  writeUsers(users, file);
  for (const { name, keys = [] } of users) file(`etc/keys/${name}`, keys.map((key) => `${key}\n`).join(''));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(root, 'etc/ssh/ssh_host_ed25519_key')]);
  writeRsaKey(root);
}

let rsaKey: { readonly secret: string; readonly known: string } | undefined;

/** pfSense has one beside the other; it takes long to make, so all stand-ins of a process share one. */
function writeRsaKey(root: string): void {
  const file = path.join(root, 'etc/ssh/ssh_host_rsa_key');
  if (rsaKey) {
    writeFileSync(file, rsaKey.secret, { mode: 0o600 });
    writeFileSync(`${file}.pub`, rsaKey.known);
    return;
  }
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file]);
  rsaKey = { secret: readFileSync(file, 'utf8'), known: readFileSync(`${file}.pub`, 'utf8') };
}

function writeUsers(users: readonly ShellUser[], file: (name: string, text: string, mode?: number) => void): void {
  const passwd = users.map(({ name, uid, shell }) => `${name}:x:${uid}:${uid}::/root:${shell}`);
  file('etc/passwd', [...passwd, 'sshd:x:105:65534::/run/sshd:/usr/sbin/nologin', ''].join('\n'));
  const shadow = users.map(
    ({ name, password }) => `${name}:${password === undefined ? '*' : hashed(password)}:19000:0:99999:7:::`,
  );
  file('etc/shadow', [...shadow, 'sshd:*:19000:0:99999:7:::', ''].join('\n'), 0o600);
  file(
    'etc/group',
    `root:x:0:\nnogroup:x:65534:\n${users
      .filter(({ uid }) => uid > 0)
      .map(({ name, uid }) => `${name}:x:${uid}:\n`)
      .join('')}`,
  );
  const sudoers = users.filter(({ sudo }) => sudo).map(({ name }) => `${name} ALL=(root) NOPASSWD: ALL\n`);
  file('etc/sudoers', `Defaults env_reset\n${sudoers.join('')}`, 0o440);
}

const hashes = new Map<string, string>();

function hashed(password: string): string {
  const known = hashes.get(password);
  if (known !== undefined) return known;
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password }).toString().trim();
  hashes.set(password, hash);
  return hash;
}
