import { composeOf } from './compose.ts';
import type { Field, Form } from './form.ts';

/** A container of an app template has no field for capabilities: a connector that needs one is a stack, of this file. */
export function portainerStack(form: Form): string {
  return composeOf({ ...form, image: '${IMAGE}' }, ({ env, standard }) => `\${${env}:-${standard}}`);
}

/** App templates of Portainer for all connectors: one JSON file, by its address in Portainer's settings. */
export function portainerTemplates(forms: readonly Form[]): string {
  return `${JSON.stringify({ version: '3', templates: forms.map(template) }, null, 2)}\n`;
}

function template(form: Form, index: number): object {
  const { name, image, title, description, source, isOfHost, hasOutput, ports, preset } = form;
  const place = isOfHost
    ? { type: 3, repository: { url: source, stackfile: `packaging/platforms/portainer/${form.kind}.yaml` } }
    : { type: 1, image, restart_policy: 'unless-stopped' };
  return {
    id: index + 1,
    ...place,
    title: name,
    name,
    description,
    note: `${title}. <code>check</code> in its console looks at every step.`,
    categories: ['security', 'network'],
    platform: 'linux',
    env: [
      ...form.fields.map(variable),
      ...Object.entries(isOfHost ? { IMAGE: image, ...preset } : preset).map(([key, value]) => ({
        name: key,
        label: key,
        default: value,
        preset: true,
      })),
    ],
    ...(isOfHost ? {} : { ports: [9460, ...ports].map((each) => `${each}:${each}/tcp`) }),
    ...(hasOutput ? { volumes: [{ container: '/output' }] } : {}),
  };
}

function variable({ env, label, help, isRequired, standard, choices }: Field): object {
  return {
    name: env,
    label: isRequired ? `${label} (required)` : label,
    description: help,
    ...(choices.length > 0
      ? { select: choices.map((value) => ({ text: value, value, ...(value === standard ? { default: true } : {}) })) }
      : { default: standard }),
  };
}
