import { AuthError, BouncerError, ConfigError, TransientError, kindOf, messageOf, type Clock } from '@bouncer/stream';
import { Client, type ClientChannel, type ServerHostKeyAlgorithm } from 'ssh2';
import { connectionError, noSsh } from './errors.ts';
import type { FirewallSettings } from './firewall-settings.ts';
import { fingerprintOf } from './host-key.ts';
import { hostKeyJudge, otherKind } from './host-key-judge.ts';
import { authHandler } from './login.ts';
import { turns } from './turns.ts';

/** Milliseconds until the firewall must have let us in. */
const CONNECT_TIMEOUT_MS = 20_000;
/** Milliseconds in which a command must move: take input, say something or end. */
const IDLE_TIMEOUT_MS = 40_000;
/** A session that was refused is asked for again: so often, after so many milliseconds. */
const CHANNEL_TRIES = 5;
const CHANNEL_RETRY_MS = 50;
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
  /** `SHA256:...` of the host key. */
  readonly hostKey: string;
  /**
   * Runs one command with all of `stdin`, once those before it have ended: a firewall may allow one session alone.
   * Rejects when the connection is lost, hangs, or the signal is aborted.
   */
  exec(command: string, stdin: Buffer, signal: AbortSignal): Promise<CommandResult>;
  close(): void;
}

/** The kind of key by which a firewall was known last. */
const knownKinds = new WeakMap<FirewallSettings, ServerHostKeyAlgorithm[]>();

/** Connects, proves that it is the right firewall, and logs in. Nothing is sent before the host key is known. */
export async function openSession(settings: FirewallSettings, clock: Clock, signal: AbortSignal): Promise<Session> {
  const seen: { key?: Buffer } = {};
  try {
    return await connect(settings, clock, signal, knownKinds.get(settings), seen);
  } catch (error) {
    const kind = seen.key && kindOf(error) === 'host-key' ? otherKind(settings.hostKeys, seen.key) : undefined;
    if (kind === undefined || signal.aborted) throw error;
    // What the first key was refused for is what is told.
    const session = await connect(settings, clock, signal, kind, {}).catch((other: unknown) => {
      throw other instanceof AuthError && kindOf(other) !== 'host-key' ? other : error;
    });
    knownKinds.set(settings, kind);
    return session;
  }
}

function connect(
  settings: FirewallSettings,
  clock: Clock,
  signal: AbortSignal,
  kinds: ServerHostKeyAlgorithm[] | undefined,
  seen: { key?: Buffer },
): Promise<Session> {
  const client = new Client();
  const judge = hostKeyJudge(settings);
  const types = kinds ?? judge.types;
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    let isConnected = false;
    let isSsh = false;
    const explain = (error: Error): Error =>
      failure ?? (isConnected && !isSsh ? noSsh(error, settings) : connectionError(error, settings));
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
      fail(explain(error));
    });
    client.on('close', () => {
      fail(explain(new Error('closed by the firewall')));
    });
    client.on('connect', () => {
      isConnected = true;
      // Login and commands are small packets: without this, each waits 40 ms for the acknowledgement of the one before.
      client.setNoDelay(true);
    });
    client.on('ready', () => {
      settled.abort();
      resolve(sessionOf(client, settings, clock, fingerprintOf(seen.key ?? Buffer.alloc(0))));
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
        ...(types.length > 0 && { algorithms: { serverHostKey: types } }),
        hostVerifier: (key: Buffer) => {
          isSsh = true;
          seen.key = key;
          failure = judge.verdict(key);
          return failure === undefined;
        },
      });
    } catch (error) {
      fail(error instanceof BouncerError ? error : new ConfigError(messageOf(error)));
    }
  });
}

function sessionOf(client: Client, settings: FirewallSettings, clock: Clock, hostKey: string): Session {
  const takeTurn = turns();
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
    hostKey,
    exec: (command, stdin, signal) => takeTurn(() => run(command, stdin, signal), signal),
    close: () => {
      lost ??= new TransientError('the connection was closed');
      client.end();
    },
  };

  function run(command: string, stdin: Buffer, signal: AbortSignal): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
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
      const open = (tries: number): void => {
        client.exec(command, (error, channel) => {
          // sshd may still count the session before: `MaxSessions 1`.
          if (error && tries > 1)
            setTimeout(() => {
              if (!done.signal.aborted) open(tries - 1);
            }, CHANNEL_RETRY_MS);
          else if (error) fail(new TransientError(`${settings.host}: the firewall opens no channel: ${error.message}`));
          else {
            collect(channel, stdin, progress, (result) => {
              finish();
              resolve(result);
            });
          }
        });
      };
      open(CHANNEL_TRIES);
    });
  }
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
