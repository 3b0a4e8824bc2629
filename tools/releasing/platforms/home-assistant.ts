import { stringify } from 'yaml';
import type { Field, Form } from './form.ts';

/** Kinds whose device is beyond the network, or the host itself: an add-on shares no folder with a proxy. */
export const addOnKinds: readonly string[] = ['firewall', 'mikrotik', 'pfsense'];

/**
 * The two files of an add-on. Home Assistant writes what the user enters into /data/options.json, and JSON is YAML: it is
 * the settings file as it stands.
 */
export function homeAssistantAddOn(form: Form): Readonly<Record<'config.yaml' | 'Dockerfile', string>> {
  const { kind, name, title, description, source, version, isOfHost, capabilities, preset } = form;
  const config = {
    name: title,
    version,
    slug: name.replaceAll('-', '_'),
    description,
    url: source,
    arch: ['aarch64', 'amd64'],
    startup: 'services',
    boot: 'auto',
    init: false,
    ...(isOfHost
      ? { host_network: true }
      : {
          ports: { '9460/tcp': 9460 },
          ports_description: { '9460/tcp': 'Page and metrics' },
          webui: 'http://[HOST]:[PORT:9460]/',
          watchdog: 'http://[HOST]:[PORT:9460]/healthz',
        }),
    ...(capabilities.length > 0 ? { privileged: capabilities } : {}),
    environment: { CONFIG_FILE: '/data/options.json', ...preset },
    options: grouped(
      kind,
      form.fields.filter(({ isRequired }) => isRequired),
      () => null,
    ),
    schema: grouped(kind, form.fields, schemaOf),
  };
  return {
    'config.yaml': stringify(config, { lineWidth: 0, singleQuote: true }),
    // Its options are readable for root alone.
    Dockerfile: `FROM ${form.image}\nUSER 0:0\n`,
  };
}

/** As the settings file has them: `crowdsec.api_url`, `mikrotik.host`, `http_token`. */
function grouped(kind: string, fields: readonly Field[], value: (field: Field) => unknown): Record<string, unknown> {
  const groups: Record<string, unknown> = {};
  for (const field of fields) {
    const name = ['crowdsec', kind].find((each) => field.env.startsWith(`${each.toUpperCase()}_`));
    if (name === undefined) {
      groups[field.env.toLowerCase()] = value(field);
      continue;
    }
    const key = field.env.slice(name.length + 1).toLowerCase();
    groups[name] = { ...(groups[name] as object | undefined), [key]: value(field) };
  }
  return groups;
}

function schemaOf({ isRequired, isSecret, choices }: Field): string {
  const isBoolean = choices.length === 2 && choices.includes('true') && choices.includes('false');
  const type = isSecret ? 'password' : isBoolean ? 'bool' : choices.length > 0 ? `list(${choices.join('|')})` : 'str';
  return isRequired ? type : `${type}?`;
}
