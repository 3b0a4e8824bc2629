import { composeOf } from './compose.ts';
import type { Form } from './form.ts';

/** A compose file for "Install via YAML": what is yours stands in it, in place of `CHANGE-ME`. */
export function trueNasCompose(form: Form): string {
  const others = form.fields.filter(({ isRequired, standard }) => !isRequired && standard === '');
  const lines = others.map(({ env, help }) => `#   ${env}: ${help}\n`).join('');
  const text = composeOf(form, ({ isRequired, standard }) => {
    if (standard !== '') return standard;
    return isRequired ? 'CHANGE-ME' : undefined;
  });
  return `# ${form.title}. In place of CHANGE-ME put yours, and add what you want of:\n${lines}${text}`;
}
