import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const stubs = path.join(import.meta.dirname, 'stubs');

/** Work trees of pfSense's public repository that PFSENSE_SRC names: one, or a folder of several. Each with its name. */
export function pfSenseTrees(): (readonly [name: string, tree: string])[] {
  const given = process.env['PFSENSE_SRC'] ?? '';
  const isTree = (folder: string): boolean => existsSync(path.join(folder, 'src/etc/inc/filter.inc'));
  if (given === '') return [];
  if (isTree(given)) return [[path.basename(given), given]];
  const names = existsSync(given) ? readdirSync(given).sort() : [];
  return names.map((name) => [name, path.join(given, name)] as const).filter(([, tree]) => isTree(tree));
}

/** Why pfSense's own PHP cannot be run here; undefined when it can. */
export function realPhpMissing(): string | undefined {
  if (pfSenseTrees().length === 0) return 'PFSENSE_SRC names no work tree of pfSense';
  try {
    execFileSync('php', ['-r', 'exit(function_exists("xml_parser_create") ? 0 : 1);'], { stdio: 'ignore' });
  } catch {
    return 'needs php-cli with its xml extension';
  }
  try {
    execFileSync('unshare', ['--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return undefined;
  } catch {
    return 'needs mount namespaces (CAP_SYS_ADMIN)';
  }
}

/** What a script left behind. */
export interface PhpResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** pfSense's own PHP in a root of its own: a real config.xml goes in, a real rules.debug comes out. */
export class PfSenseTree implements Disposable {
  readonly root = mkdtempSync(path.join(tmpdir(), 'pfsense-php-'));
  readonly #tree: string;

  constructor(tree: string) {
    this.#tree = tree;
    const folders = [
      'usr',
      'proc',
      'dev',
      'tmp',
      'sbin',
      'root',
      'var/run',
      'var/etc',
      'var/log',
      'var/tmp',
      'var/db',
      'cf/conf/backup',
    ];
    for (const folder of [...folders, 'own/bin', 'stubs/Net', 'stubs/Auth', 'stubs/Crypt', 'stubs/XML/RPC2']) {
      mkdirSync(this.path(folder), { recursive: true });
    }
    cpSync(path.join(tree, 'src/etc'), this.path('etc'), { recursive: true, verbatimSymlinks: true });
    cpSync('/etc/php', this.path('etc/php'), { recursive: true, verbatimSymlinks: true });
    for (const link of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${link}`, this.path(link));
    symlinkSync('cf/conf', this.path('conf'));
    symlinkSync('mawk', this.path('own/bin/awk'));
    cpSync(path.join(stubs, 'pfctl'), this.path('sbin/pfctl'));
    for (const name of ['sysctl', 'ifconfig']) writeFileSync(this.path(`sbin/${name}`), '#!/bin/sh\nexit 0\n');
    execFileSync('chmod', ['755', ...['pfctl', 'sysctl', 'ifconfig'].map((name) => this.path(`sbin/${name}`))]);
    cpSync(path.join(stubs, 'prepend.php'), this.path('stubs/prepend.php'));
    cpSync(path.join(stubs, 'PEAR.php'), this.path('stubs/PEAR.php'));
    cpSync(path.join(stubs, 'IPv6.php'), this.path('stubs/Net/IPv6.php'));
    for (const name of ['Auth/RADIUS', 'Crypt/CHAP', 'Mail', 'XML/RPC2/Client']) {
      writeFileSync(this.path(`stubs/${name}.php`), '<?php\n');
    }
    writeFileSync(this.path('etc/platform'), 'pfSense\n');
    this.write('cf/conf/config.xml', readFileSync(path.join(stubs, 'config.xml'), 'utf8'));
    this.#forOlderPhp();
  }

  path(inside: string): string {
    return path.join(this.root, inside);
  }

  read(inside: string): string {
    return existsSync(this.path(inside)) ? readFileSync(this.path(inside), 'utf8') : '';
  }

  write(inside: string, text: string): void {
    writeFileSync(this.path(inside), text);
  }

  /** Changes config.xml by hand; pfSense's cache of it goes. */
  edit(change: (xml: string) => string): void {
    this.write('cf/conf/config.xml', change(this.read('cf/conf/config.xml')));
    rmSync(this.path('tmp/config.cache'), { force: true });
  }

  /** Runs a script as `php -q` does on pfSense. */
  run(script: string): Promise<PhpResult> {
    const mounts = [
      'mount -t overlay overlay -o "lowerdir=$0/own:$1/src/usr:/usr" "$0/usr"',
      'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev"',
      'exec chroot "$0" "$2" -d "include_path=$3" -d auto_prepend_file=/stubs/prepend.php -d error_reporting=85 -d display_errors=stderr -q',
    ].join(' && ');
    const include = [
      '.',
      '/stubs',
      '/etc/inc',
      '/usr/local/pfSense/include',
      '/usr/local/pfSense/include/www',
      '/usr/local/www',
    ]
      .concat(['/usr/local/captiveportal', '/usr/local/pkg'])
      .join(':');
    const php = execFileSync('readlink', ['-f', execFileSync('which', ['php']).toString().trim()])
      .toString()
      .trim();
    const args = [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      'sh',
      '-c',
      mounts,
      this.root,
      this.#tree,
      php,
      include,
    ];
    const version = path.basename(php).replace(/^php/, '');
    const env = { PATH: '/sbin:/usr/sbin:/bin:/usr/bin', PHP_INI_SCAN_DIR: `/etc/php/${version}/cli/conf.d` };
    return new Promise((resolve, reject) => {
      const child = spawn('unshare', args, { stdio: 'pipe', env });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      child.on('error', reject);
      child.on('close', (code) => {
        resolve({ code, stdout, stderr });
      });
      child.stdin.end(script);
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** What comes after 2.8 wants PHP 8.3 for the first values of static variables; the same, said as PHP 8.2 takes it. */
  #forOlderPhp(): void {
    for (const name of readdirSync(this.path('etc/inc'), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.inc')) continue;
      const file = `etc/inc/${name}`;
      const text = readFileSync(this.path(file), 'latin1');
      const same = text
        .replaceAll(/^(\s*)static (\$\w+) = (?!function)([^;{\n]*[($][^;{\n]*);/gm, '$1static $2 = null; $2 ??= $3;')
        .replaceAll(/^(\s*)static (\$\w+) = function/gm, '$1$2 = function');
      if (same !== text) writeFileSync(this.path(file), same, 'latin1');
    }
  }
}
