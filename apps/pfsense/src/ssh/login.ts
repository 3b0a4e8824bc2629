import { readFileSync } from 'node:fs';
import type { AnyAuthMethod, AuthHandlerMiddleware } from 'ssh2';
import type { FirewallSettings } from './firewall-settings.ts';

/** Asks which methods there are, then offers each secret once: every refusal counts for the login protection. */
export function authHandler(settings: FirewallSettings): AuthHandlerMiddleware {
  const { user: username, password, keyFile, keyPassphrase } = settings;
  const key = keyFile === undefined ? undefined : readFileSync(keyFile);
  const tried = new Set<string>();
  return (left: string[] | null, _partial, answer) => {
    // The types do not know that `false` ends it.
    const next = answer as (method: AnyAuthMethod | false) => void;
    const offered = (type: string): boolean => !tried.has(type) && (left ?? []).includes(type);
    if (left === null) next({ type: 'none', username });
    else if (key && offered('publickey')) {
      tried.add('publickey');
      const passphrase = keyPassphrase?.value();
      next({ type: 'publickey', username, key, ...(passphrase !== undefined && { passphrase }) });
    } else if (password && offered('password')) {
      tried.add('password').add('keyboard-interactive');
      next({ type: 'password', username, password: password.value() });
    } else if (password && offered('keyboard-interactive')) {
      tried.add('keyboard-interactive');
      next({
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => {
          finish(prompts.map(() => password.value()));
        },
      });
    } else next(false);
  };
}
