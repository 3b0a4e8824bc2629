import { stringify } from 'yaml';
import type { Field, Form } from './form.ts';

/** A compose file of one connector from its image; `valueOf` is what stands for a field, undefined to leave it out. */
export function composeOf(form: Form, valueOf: (field: Field) => string | undefined): string {
  const { name, image, isOfHost, capabilities, hasOutput, ports, preset } = form;
  const given = form.fields.map((field): [string, string | undefined] => [field.env, valueOf(field)]);
  const service = {
    image,
    restart: 'unless-stopped',
    read_only: true,
    cap_drop: ['ALL'],
    ...(capabilities.length > 0 ? { cap_add: capabilities } : {}),
    security_opt: ['no-new-privileges:true'],
    mem_limit: '192m',
    ...(isOfHost
      ? { network_mode: 'host', tmpfs: ['/run'] }
      : { ports: [9460, ...ports].map((each) => `${each}:${each}`) }),
    environment: { ...Object.fromEntries(given.filter(([, value]) => value !== undefined)), ...preset },
    ...(hasOutput ? { volumes: [`/mnt/CHANGE-ME/${name}:/output`] } : {}),
  };
  return stringify({ services: { [name]: service } }, { lineWidth: 0, singleQuote: true });
}
