import { readFileSync } from 'node:fs';
import { AuthError, BouncerError, ConfigError, TransientError, messageOf, type Clock } from '@bouncer/stream';
import {
  Client,
  type AnyAuthMethod,
  type AuthHandlerMiddleware,
  type ClientChannel,
  type ServerHostKeyAlgorithm,
} from 'ssh2';
import { connectionError, LOGIN_RETRY_SECONDS } from './errors.ts';
import type { FirewallSettings } from './firewall-settings.ts';
import { fingerprintOf, keyTypeOf, knownKeys } from './host-key.ts';
import type { KnownKey } from './host-key.ts';

/** Milliseconds until the firewall must have let us in. */
const CONNECT_TIMEOUT_MS = 20_000;
/** Milliseconds in which a command must move: take input, say something or end. */
const IDLE_TIMEOUT_MS = 40_000;
const CHUNK = 128 * 1024;

/** What a command left behind. */
export interface CommandResult {
  /** Undefined when it was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** One SSH connection. */
export interface Session {
  /** Why it is of no more use. */
  readonly error: Error | undefined;
  /** Runs one command with all of `stdin`. Rejects when the connection is lost, hangs, or the signal is aborted. */
  exec(command: string, stdin: Buffer, signal: AbortSignal): Promise<CommandResult>;
  close(): void;
}

/** Connects, proves that it is the right firewall, and logs in. Nothing is sent before the host key is known. */
export function openSession(settings: FirewallSettings, clock: Clock, signal: AbortSignal): Promise<Session> {
  const client = new Client();
  const judge = hostKeyJudge(settings);
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const settled = new AbortController();
    const fail = (error: Error): void => {
      settled.abort();
      client.destroy();
      reject(error);
    };
    signal.throwIfAborted();
    signal.addEventListener(
      'abort',
      () => {
        fail(signal.reason as Error);
      },
      { once: true, signal: settled.signal },
    );
    client.on('error', (error) => {
      fail(failure ?? connectionError(error, settings));
    });
    client.on('close', () => {
      fail(failure ?? connectionError(new Error('closed by the firewall'), settings));
    });
    client.on('connect', () => {
      // Login and commands are small packets: without this, each waits 40 ms for the acknowledgement of the one before.
      client.setNoDelay(true);
    });
    client.on('ready', () => {
      settled.abort();
      resolve(sessionOf(client, settings, clock));
    });
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => settings.password?.value() ?? ''));
    });
    try {
      client.connect({
        host: settings.host,
        port: settings.port,
        username: settings.user,
        readyTimeout: CONNECT_TIMEOUT_MS,
        keepaliveInterval: 10_000,
        keepaliveCountMax: 3,
        tryKeyboard: true,
        authHandler: authHandler(settings),
        ...(judge.types.length > 0 && { algorithms: { serverHostKey: judge.types } }),
        hostVerifier: (key: Buffer) => {
          failure = judge.verdict(key);
          return failure === undefined;
        },
      });
    } catch (error) {
      fail(error instanceof BouncerError ? error : new ConfigError(messageOf(error)));
    }
  });
}

function sessionOf(client: Client, settings: FirewallSettings, clock: Clock): Session {
  let lost: Error | undefined;
  const losers = new Set<(error: Error) => void>();
  const lose = (error: Error): void => {
    lost ??= error;
    for (const loser of losers) loser(lost);
  };
  // Replaces those of the login; 'error' needs a listener as long as the client lives.
  client.removeAllListeners('error').removeAllListeners('close');
  client.on('error', (error) => {
    lose(connectionError(error, settings));
  });
  client.on('close', () => {
    lose(new TransientError(`${settings.host}: the connection was lost`));
  });
  return {
    get error() {
      return lost;
    },
    exec: (command, stdin, signal) =>
      new Promise((resolve, reject) => {
        if (lost ?? signal.aborted) {
          reject(lost ?? (signal.reason as Error));
          return;
        }
        const done = new AbortController();
        const fail = (error: Error): void => {
          finish();
          reject(error);
        };
        const finish = (): void => {
          done.abort();
          losers.delete(fail);
        };
        losers.add(fail);
        // A command cannot be taken back; whoever gives up gives up the connection.
        signal.addEventListener(
          'abort',
          () => {
            fail(signal.reason as Error);
            lost ??= new TransientError(`${settings.host}: a command was given up`);
            client.destroy();
          },
          { once: true, signal: done.signal },
        );
        const progress = watchdog(clock, done.signal, () => {
          fail(new TransientError(`${settings.host}: no answer to a command for ${IDLE_TIMEOUT_MS / 1000} s`));
          client.destroy();
        });
        client.exec(command, (error, channel) => {
          if (error) {
            fail(new TransientError(`${settings.host}: the firewall opens no channel: ${error.message}`));
            return;
          }
          collect(channel, stdin, progress, (result) => {
            finish();
            resolve(result);
          });
        });
      }),
    close: () => {
      lost ??= new TransientError('the connection was closed');
      client.end();
    },
  };
}

function collect(
  channel: ClientChannel,
  stdin: Buffer,
  progress: () => void,
  done: (result: CommandResult) => void,
): void {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let code: number | undefined;
  channel.on('data', (chunk: Buffer) => {
    progress();
    out.push(chunk);
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    progress();
    err.push(chunk);
  });
  // The far side may end without reading; what it says by its code is the answer.
  channel.on('error', () => undefined);
  channel.on('exit', (exit: number | null) => {
    code = exit ?? undefined;
  });
  channel.on('close', () => {
    done({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
  });
  feed(channel, stdin, progress);
}

function feed(channel: ClientChannel, bytes: Buffer, progress: () => void): void {
  let at = 0;
  const next = (): void => {
    progress();
    while (at < bytes.length) {
      const chunk = bytes.subarray(at, at + CHUNK);
      at += CHUNK;
      if (!channel.write(chunk)) {
        channel.once('drain', next);
        return;
      }
    }
    channel.end();
  };
  next();
}

/** Calls `bark` when nobody calls the returned function for too long. */
function watchdog(clock: Clock, over: AbortSignal, bark: () => void): () => void {
  let last = clock.now();
  const watch = async (): Promise<void> => {
    for (;;) {
      const left = last + IDLE_TIMEOUT_MS - clock.now();
      if (left <= 0) {
        bark();
        return;
      }
      await clock.sleep(left, over);
    }
  };
  watch().catch(() => undefined);
  return () => {
    last = clock.now();
  };
}

/** Asks which methods there are, then offers each secret once: every refusal counts for the login protection. */
function authHandler(settings: FirewallSettings): AuthHandlerMiddleware {
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

interface Judge {
  /** Types of the keys that are known, to be asked for first; empty: any. */
  readonly types: ServerHostKeyAlgorithm[];
  verdict(key: Buffer): Error | undefined;
}

function hostKeyJudge({ host, port, hostKeys, knownHostsFile }: FirewallSettings): Judge {
  const known = knownHostsFile === undefined ? [] : knownKeys(readFileSync(knownHostsFile, 'utf8'), host, port);
  return {
    types: hostKeys.length > 0 ? [] : algorithmsOf(known),
    verdict(key) {
      const seen = fingerprintOf(key);
      const matching = known.filter((one) => one.key.equals(key));
      if (matching.some(({ revoked }) => revoked))
        return refusal(`its key ${seen} is revoked in the known_hosts file`, seen);
      if (hostKeys.includes(seen) || matching.length > 0) return undefined;
      if (hostKeys.length > 0) return refusal(`its key is ${seen}, not the pinned ${hostKeys.join(' or ')}`, seen);
      if (known.length > 0) return refusal(`its key is ${seen}, and the known_hosts file holds another one`, seen);
      if (knownHostsFile !== undefined) return refusal(`its key ${seen} is not in the known_hosts file`, seen);
      return refusal(`its key is ${seen}, and no key is configured to compare it with`, seen);
    },
  };
  function refusal(what: string, seen: string): AuthError {
    return new AuthError(`host key of ${host} port ${port}: ${what}`, {
      kind: 'host-key',
      retryAfter: LOGIN_RETRY_SECONDS,
      hint: `compare it on the firewall's console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); if it is the same, set PFSENSE_HOST_KEY=${seen}; if not, this may be a man-in-the-middle attack`,
    });
  }
}

function algorithmsOf(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const types = [...new Set(known.map(({ type, key }) => keyTypeOf(key) || type))];
  return types.flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type],
  ) as ServerHostKeyAlgorithm[];
}
