import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DebPackage } from './build-deb.ts';
import type { DebianApp } from './debian-app.ts';

const templates = path.resolve(import.meta.dirname, '../../../packaging/deb');

/** What the packages say of themselves. */
export interface PackageMeta {
  /** As in package.json. */
  readonly version: string;
  /** `Name <address>`. */
  readonly maintainer: string;
  readonly homepage?: string;
  /** Of the release, in seconds since 1970. */
  readonly epoch: number;
}

/** Debian sorts `~` before everything: a release candidate is older than its release. */
export function debianVersion(version: string): string {
  return version.replace('-', '~').replaceAll('-', '.');
}

/** The package of a connector from its bundle (`main.cjs`, with `main.cjs.LEGAL.txt` beside it) and its settings file. */
export async function bouncerPackage(
  debian: DebianApp,
  bundle: string,
  settings: string,
  meta: PackageMeta,
): Promise<DebPackage> {
  const { name, wants } = debian;
  const version = debianVersion(meta.version);
  const fill = filler(debian, version);
  const template = async (file: string): Promise<string> => fill(await readFile(path.join(templates, file), 'utf8'));
  const compressed = (text: string): Buffer => gzipSync(text, { level: 9 });
  const docs = `/usr/share/doc/${name}`;
  const conflicts = (wants.conflicts ?? []).join(', ');
  return {
    control: {
      Package: name,
      Version: version,
      Architecture: 'all',
      Maintainer: meta.maintainer,
      Section: 'net',
      Priority: 'optional',
      Depends: [
        'nodejs (>= 22) | crowdsec-bouncer-node (>= 22)',
        'adduser',
        'init-system-helpers (>= 1.54~)',
        ...(wants.depends ?? []),
      ].join(', '),
      Recommends: 'ca-certificates',
      Suggests: (wants.suggests ?? []).join(', '),
      Conflicts: conflicts,
      Replaces: conflicts,
      Homepage: meta.homepage ?? '',
      Description: description(debian),
    },
    files: [
      // Here /usr/bin/NAME starts it, by whichever Node there is: no program of its own.
      { path: `/usr/share/${name}/main.cjs`, content: (await readFile(bundle, 'utf8')).replace(/^#!.*\n/, '') },
      { path: `/usr/bin/${name}`, content: await template('command'), mode: 0o755 },
      { path: `/lib/systemd/system/${name}.service`, content: await template('service') },
      { path: debian.settings, content: settings, mode: 0o640 },
      { path: `/usr/share/man/man1/${name}.1.gz`, content: compressed(await template('manual')) },
      { path: `${docs}/copyright`, content: await copyright(name) },
      // What every licence asks for: name, notice and text of all that is in the bundle.
      { path: `${docs}/third-party.txt.gz`, content: compressed(await readFile(`${bundle}.LEGAL.txt`, 'utf8')) },
      { path: `${docs}/changelog.gz`, content: compressed(changelog(name, version, meta)) },
      {
        path: `/usr/share/lintian/overrides/${name}`,
        content: `# It holds a key.\n${name}: non-standard-file-perm 0640 != 0644 [${debian.settings.slice(1)}]\n`,
      },
    ],
    conffiles: [debian.settings],
    scripts: {
      preinst: await template('preinst'),
      postinst: await template('postinst'),
      prerm: await template('prerm'),
      postrm: await template('postrm'),
    },
  };
}

async function copyright(name: string): Promise<string> {
  const licence = await readFile(path.join(templates, '../../LICENSE'), 'utf8');
  return `${licence}
The program holds packages of others. third-party.txt.gz beside this file has
the name, version and licence of each.

Package: ${name}
`;
}

/** Debian's own form of it; the whole one is CHANGELOG.md. */
export function changelog(name: string, version: string, { maintainer, epoch }: PackageMeta): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `${name} (${version}) unstable; urgency=medium\n\n  * Release ${version}; see CHANGELOG.md of the project.\n\n -- ${maintainer}  ${date}\n`;
}

function description({ title, type }: DebianApp): string {
  return `${title}
 Follows the decisions of CrowdSec's local API and keeps them applied: what is
 banned is blocked within seconds, and each block ends when its decision does.
 .
 This is ${type}. It comes with a systemd service of few
 rights, a doctor that looks at every step from CrowdSec to the device, metrics
 and a status page.`;
}

function filler(debian: DebianApp, version: string): (template: string) => string {
  const { name, title, settings, wants } = debian;
  const { capabilities = [], possibleCapabilities = [], groups = [], writes = [], after = [] } = wants;
  const bounding = [...capabilities, ...possibleCapabilities].join(' ');
  const values: Readonly<Record<string, string>> = {
    NAME: name,
    UPPER: name.toUpperCase(),
    MAN_NAME: name.replaceAll('-', '\\-'),
    MAN_SUMMARY: title,
    TITLE: title,
    SETTINGS: settings,
    VERSION: version,
    AFTER: after.map((unit) => ` ${unit}`).join(''),
    STATE_MODE: wants.isRead === true ? '0755' : '0750',
    WRITES: writes.join(' '),
    // A user namespace has no rights in the network of the host.
    PRIVATE_USERS: bounding === '' ? 'yes' : 'no',
    CAPABILITIES: bounding,
    AMBIENT: capabilities.join(' '),
    POSTINST: groups
      .map((group) => `\tif getent group ${group} >/dev/null; then\n\t\tadduser --quiet ${name} ${group}\n\tfi\n`)
      .join(''),
    PRERM: wants.purgesOnRemove === true ? purgeOnRemove(name) : '',
  };
  return (template) =>
    template
      // A line of its own is nothing where there is nothing to do.
      .replace(/^@(POSTINST|PRERM)@\n/gm, (_, key: string) => values[key] ?? '')
      .replace(/@([A-Z_]+)@/g, (mark, key: string) => values[key] ?? mark)
      // Nothing is said of a list without members, but where its emptiness counts.
      .replace(/^ReadWritePaths=\n/m, '')
      .replace(/^AmbientCapabilities=\n/m, '')
      .trimEnd()
      .concat('\n');
}

/** As with the Go bouncer: who removes the package wants the host's firewall as it was. An upgrade leaves it alone. */
function purgeOnRemove(name: string): string {
  return `
# The device is this host: what was put into its firewall goes as well. An upgrade leaves it in place.
if [ "$1" = remove ]; then
	timeout 30 ${name} purge >/dev/null 2>&1 || echo "${name}: entries may be left in the firewall" >&2
fi
`;
}
