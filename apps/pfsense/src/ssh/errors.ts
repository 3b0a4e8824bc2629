import { AuthError, BouncerError, ConfigError, TransientError, explainNetworkError } from '@bouncer/stream';
import { shown } from '@bouncer/target';
import { EXIT } from './helper.ts';
import type { FirewallSettings } from './firewall-settings.ts';

/**
 * pfSense's login protection blocks an address after three failures within 30 minutes; one try in 16 minutes stays below
 * that for ever. Seconds.
 */
export const LOGIN_RETRY_SECONDS = 16 * 60;

const WAY_HINT =
  "check the address and the rules on the way; pfSense's login protection may block this address (Diagnostics > Tables > sshguard), then add it under System > Advanced > Admin Access > Login Protection > Pass list";
const HINTS = {
  dns: 'add the name to DNS or /etc/hosts, or set PFSENSE_HOST as an address',
  refused: 'switch SSH on (System > Advanced > Admin Access > Enable Secure Shell), or correct PFSENSE_SSH_PORT',
  timeout: WAY_HINT,
  unreachable: WAY_HINT,
};

/** Why a connection did not come about, and what to do. */
export function connectionError(error: Error & { level?: string; code?: string }, settings: FirewallSettings): Error {
  if (error instanceof BouncerError) return error;
  const where = `${settings.host} port ${settings.port}`;
  const cause = { cause: error };
  if (error.level === 'client-authentication') return loginRefused(settings, error);
  if (error.level === 'handshake') return noSsh(error, settings);
  const known = error.level === 'client-timeout' ? { code: 'ETIMEDOUT' } : error;
  const { kind, message, hint } = explainNetworkError(known, { name: where, hints: HINTS });
  if (hint === '') return new TransientError(`${where}: the connection was lost: ${error.message}`, cause);
  return new TransientError(kind === 'dns' ? `no such host: ${settings.host}` : message, { ...cause, hint });
}

/** Why a port that takes connections did not come to show a host key. */
export function noSsh(error: Error & { level?: string }, settings: FirewallSettings): Error {
  if (error instanceof BouncerError) return error;
  const where = `${settings.host} port ${settings.port}`;
  const port =
    'check that PFSENSE_SSH_PORT is the port of SSH (System > Advanced > Admin Access), not that of the web interface';
  const handshake = error.level === 'handshake' && !/identification|header|greeting/i.test(error.message);
  if (handshake)
    return new TransientError(`${where}: the SSH handshake failed: ${error.message}`, { cause: error, hint: port });
  const silent = error.level === 'client-timeout';
  const hint = silent
    ? port
    : `${port}; or too many logins are under way at once (MaxStartups), which passes by itself`;
  const seen = silent
    ? 'takes connections, but says nothing of SSH'
    : 'ended the connection before it said anything of SSH';
  return new TransientError(`${where} ${seen}: ${error.message}`, { cause: error, hint });
}

function loginRefused({ user, password, keyFile }: FirewallSettings, cause: Error): AuthError {
  const offered = [keyFile === undefined ? '' : 'the key', password === undefined ? '' : 'the password']
    .filter(Boolean)
    .join(' and ');
  return new AuthError(`the firewall refuses the login of ${shown(user)} with ${offered}`, {
    cause,
    retryAfter: LOGIN_RETRY_SECONDS,
    hint: `check PFSENSE_USER, ${keyFile === undefined ? 'PFSENSE_PASSWORD' : 'that the key stands in Authorized SSH Keys of the user'}, and System > Advanced > Admin Access > SSHd Key Only (public key only, or key and password both); then restart, or wait ${LOGIN_RETRY_SECONDS / 60} minutes`,
  });
}

/** What a command of the helper said when it failed. */
export function commandError(code: number | undefined, stderr: string, settings: FirewallSettings): Error {
  const { alias, user } = settings;
  const said = stderr.replaceAll(/\s+/g, ' ').trim().slice(-300);
  if (/Permission denied/i.test(stderr) || code === EXIT.noVerb) {
    if (code === EXIT.noVerb && !/restricted|CrowdSec list only/.test(stderr)) return shellRefused(said, settings);
    return new AuthError(`${shown(user)} may not do this on the firewall: ${said}`, {
      hint:
        code === EXIT.noVerb
          ? 'this is a restricted key of another version or alias: put the line that `setup` prints in its place'
          : 'use admin or root, or install the package sudo, allow this user everything without a password there, and set PFSENSE_SUDO=true',
    });
  }
  if (/^sudo:/m.test(stderr)) {
    return new AuthError(`sudo refuses: ${said}`, {
      hint: `System > sudo on the firewall: user ${user}, run as root, no password, command list /bin/sh`,
    });
  }
  if (/Cannot allocate memory/.test(stderr)) return limitError('pf has no room for more table entries');
  if (/Invalid argument|too many elements/.test(stderr)) return limitError('pf takes no request of this size');
  if (code === EXIT.noAlias) return aliasMissing(alias);
  if (code === EXIT.cut) return new TransientError('the transfer was cut; the firewall has kept its list');
  if (code === EXIT.badInput)
    return new TransientError('the firewall found something that is no address, and has kept its list');
  if (code === 127 || /not found|not available|disabled/i.test(stderr)) return shellRefused(said, settings);
  return new TransientError(`the firewall's command failed (${code ?? 'killed'}): ${said || 'no output'}`);
}

/** `setup --apply` by the key that can keep the list and nothing else. */
export function restrictedHere(): AuthError {
  return new AuthError('this key is restricted to the list, which is as it should be: it cannot make alias and rule', {
    hint: 'run `setup --apply` once with a login that is not restricted (PFSENSE_PASSWORD in place of PFSENSE_SSH_KEY_FILE), or paste what `setup` prints',
  });
}

function shellRefused(said: string, { user }: FirewallSettings): ConfigError {
  return new ConfigError(`${shown(user)} has no usable shell on the firewall: ${said}`, {
    hint: 'give the user the privilege "User - System: Shell account access", or use admin or root',
  });
}

/** The alias is not there, or not loaded. */
export function aliasMissing(alias: string): ConfigError {
  return new ConfigError(`the firewall has no alias ${alias}`, {
    kind: 'alias',
    hint: 'make it as `setup` shows (Firewall > Aliases > URLs), or set PFSENSE_ALIAS to its name',
  });
}

/** pf's limit leaves no room, though there was some when it was looked at last. */
function limitError(what: string): ConfigError {
  return new ConfigError(`${what}; the firewall keeps its old list`, {
    hint: 'raise System > Advanced > Firewall & NAT > Firewall Maximum Table Entries, or set MAX_ENTRIES; what fits is looked at again before the next try',
  });
}
