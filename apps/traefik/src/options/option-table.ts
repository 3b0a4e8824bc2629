import { pluginTables, tableFor } from './plugin-table.ts';
import type { PluginTable } from './plugin-table.ts';
import type { Version } from './version.ts';

/**
 * Every option of github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin that any known version has, from the tables that
 * are written from its source; and what no source says: which are secrets, and which are PEM texts.
 */

/** What a value must be; the plugin decodes loosely, so a number may come as text and a list as text with commas. */
export type OptionKind = 'boolean' | 'integer' | 'text' | 'list';

export interface PluginOption {
  readonly name: string;
  readonly kind: OptionKind;
  /** The version that brought it. */
  readonly since: Version;
  /** Never to be shown. */
  readonly secret?: true;
  /** A PEM text; a path in its place is the most common slip. */
  readonly pem?: true;
}

/** What one version says of the values of an option. */
export interface OptionLimits {
  /** Smallest and greatest integer. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** The words that are taken. */
  readonly words?: readonly string[] | undefined;
  readonly isAnyCase: boolean;
  readonly isDeprecated: boolean;
}

const kinds = ['boolean', 'integer', 'list', 'text'] as const;
const secret =
  /^(?:crowdsec(?:Lapi|Appsec)(?:Tls\w+Bouncer)?Key|crowdsecCapiPassword|redisCachePassword|captchaSecretKey)$/;
const pem = /Tls(?:CertificateAuthority|CertificateBouncer|CertificateBouncerKey)$/;

function optionsOf(): ReadonlyMap<string, PluginOption> {
  const found = new Map<string, PluginOption>();
  // The newest last: an option has the kind that it has there.
  for (const [since, table] of pluginTables) {
    for (const kind of kinds) {
      for (const name of table[kind]) {
        const before = found.get(name.toLowerCase());
        found.set(name.toLowerCase(), {
          name,
          kind,
          since: before?.since ?? since,
          ...(secret.test(name) && { secret: true }),
          ...(pem.test(name) && { pem: true }),
        });
      }
    }
  }
  return found;
}

const byName = optionsOf();

export const pluginOptions: readonly PluginOption[] = [...byName.values()];

/** The option of a name in any spelling of capitals: Go compares field names that way. */
export function pluginOption(name: string): PluginOption | undefined {
  return byName.get(name.toLowerCase());
}

/** What a version of the plugin says of the values of an option. Its format of logs is not checked by itself. */
export function limitsOf({ name }: PluginOption, version: Version): OptionLimits {
  const table: PluginTable = tableFor(version);
  return {
    min: table.least[name],
    max: table.most[name],
    words: name === 'logFormat' ? ['common', 'json'] : table.words[name],
    isAnyCase: table.anyCase.includes(name),
    isDeprecated: table.deprecated.includes(name),
  };
}
