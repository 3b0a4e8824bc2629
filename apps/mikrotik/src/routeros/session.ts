import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { AuthError, TransientError, withTimeout, type Clock } from '@bouncer/stream';
import { RouterOSClient } from 'routeros-client';
import { shown } from '@bouncer/target';
import { connectionError } from './connection-error.ts';
import type { Peer } from './connection-error.ts';
import { Link } from './link.ts';
import { attribute } from './sentence.ts';
import type { Sentence } from './sentence.ts';
import { pinError, tlsOptions } from './trust.ts';
import type { TrustSettings } from './trust.ts';

/** Connecting and logging in take at most so long together. Milliseconds. @internal */
export const CONNECT_TIMEOUT_MS = 10_000;
/** The library's own idle timeout is switched off below; this keeps it out of the way until then. Seconds. */
const LIBRARY_TIMEOUT_SECONDS = 3600;
const KEEPALIVE_DELAY_MS = 30_000;

const RET = attribute('ret');
const MESSAGE = attribute('message');

/** Where and as whom to log in. */
export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Absent: without TLS. */
  readonly trust?: TrustSettings | undefined;
  readonly clock: Clock;
}

/** The socket, with or without TLS. */
type SecureSocket = Socket & Partial<Pick<TLSSocket, 'getPeerCertificate' | 'getProtocol'>>;

/** The parts inside of routeros-client 1.1.2 and node-routeros 1.6.9 that are replaced. Both are frozen for good. */
interface Internals {
  readonly socket: SecureSocket;
  readonly receiver: {
    processRawData(data: Buffer): void;
    readonly tags: ReadonlyMap<string, { callback(packet: string[]): void }>;
  };
  write(words: string[]): unknown;
  destroy(): void;
  on(event: 'error', listener: () => void): unknown;
}

/**
 * Connects and logs in by routeros-client, and hardens it on the way. The library opens the socket, sets up TLS and knows
 * both logins; but its framing hangs on unlucky cuts, it crashes the process on `!empty` and unknown tags, writes every
 * word by itself, and never settles what is pending when the connection dies. So from the first byte on our own `Link`
 * frames, writes, and watches; the library only sees the whole replies to its login.
 * Errors: AuthError (login, pin), TransientError (network, TLS, silence), or the signal's reason.
 */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Link> {
  signal.throwIfAborted();
  const { host, port, user, password, trust, clock } = options;
  const client = new RouterOSClient({
    host,
    port,
    user,
    password,
    timeout: LIBRARY_TIMEOUT_SECONDS,
    // Declared as the options of a server; they go to tls.connect as they are.
    ...(trust && { tls: tlsOptions(host, trust) as object }),
  });
  client.on('error', ignore);
  const login = client.connect();
  // The connector exists as soon as connect() returns; the first byte comes later.
  const inside = internalsOf(client);
  const peer: Peer = { host, port, tls: trust !== undefined };
  const link = harden(inside, options, peer);

  const answered = login.catch((error: unknown) => {
    link.fail(unexpectedLogin(error));
  });
  const late = (): Error => silence(inside.socket, peer);
  await withTimeout(() => Promise.race([answered, link.ended]), CONNECT_TIMEOUT_MS, clock, signal, late).catch(
    (error: unknown) => {
      link.fail(error as Error);
    },
  );
  if (link.error) throw link.error;
  link.onLogin = undefined;
  return link;
}

/** The inner parts of a client that has just begun to connect. Throws when they are not the ones that we know. @internal */
export function internalsOf(client: RouterOSClient): Internals {
  const api = (client as unknown as { rosApi?: { connector?: Partial<Internals> } }).rosApi;
  const connector = api?.connector;
  const known =
    typeof connector?.write === 'function' &&
    typeof connector.destroy === 'function' &&
    typeof connector.socket?.setNoDelay === 'function' &&
    typeof connector.receiver?.processRawData === 'function' &&
    connector.receiver.tags instanceof Map;
  if (!known) throw new Error('routeros-client is not the version that was hardened (1.1.2 with node-routeros 1.6.9)');
  return connector as Internals;
}

function harden(inside: Internals, options: SessionOptions, peer: Peer): Link {
  const { socket, receiver } = inside;
  const link = new Link(socket, options.clock);
  link.onLogin = (sentence) => {
    answerLogin(sentence, receiver.tags, link, options);
  };
  receiver.processRawData = (data) => {
    const other = link.onLogin && otherProtocol(data, peer);
    if (other) link.fail(other);
    else link.receive(data);
  };
  inside.write = (words) => {
    link.transmit(words);
    return inside;
  };
  // The library's destroy() takes all listeners away; the next socket error would then end the process.
  inside.destroy = () => {
    socket.destroy();
  };
  inside.on('error', ignore);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEPALIVE_DELAY_MS);
  socket.setTimeout(0);
  socket.on('error', (error) => {
    link.fail(connectionError(error, peer));
  });
  socket.on('close', () => {
    link.fail(closedByPeer(link, peer));
  });
  if (options.trust) {
    const trust = options.trust;
    // Before the library's own listener, which sends the password.
    socket.prependListener('secureConnect', () => {
      const error = pinError(socket.getPeerCertificate?.() ?? {}, trust);
      if (error) link.fail(error);
    });
  }
  return link;
}

/** Hands the library the only two replies that it can deal with; everything else it would choke on. */
function answerLogin(
  sentence: Sentence,
  readers: Internals['receiver']['tags'],
  link: Link,
  { user, password }: SessionOptions,
): void {
  const reader = readers.get(sentence.tag ?? '');
  if (!reader) return;
  if (sentence.kind === 'trap') {
    link.fail(refusedLogin(user, sentence.value(MESSAGE) ?? 'no reason given'));
    return;
  }
  if (sentence.kind !== 'done') return;
  const challenge = sentence.value(RET);
  if (challenge !== undefined && !/^[\u0000-\u007f]*$/.test(password)) {
    link.fail(
      new AuthError('the login of RouterOS before 6.43 takes only ASCII passwords', {
        hint: 'upgrade RouterOS, or choose a password of ASCII characters',
      }),
    );
    return;
  }
  reader.callback(challenge === undefined ? ['!done'] : ['!done', `=ret=${challenge}`]);
}

function refusedLogin(user: string, message: string): AuthError {
  return new AuthError(`the router refuses the login of user ${shown(user)}: ${message}`, {
    hint: 'check MIKROTIK_USER and MIKROTIK_PASSWORD, that the user\'s group has the policy `api`, and the user\'s "address" limit (/user/print)',
  });
}

function unexpectedLogin(error: unknown): TransientError {
  return new TransientError('the router answered the login in a way that RouterOS never does', {
    hint: 'check that MIKROTIK_HOST is the router and its port the one of the API',
    cause: error,
  });
}

/** What the port speaks when it is not the API, by its first bytes; undefined when it may be. */
function otherProtocol(data: Buffer, { host, port }: Peer): TransientError | undefined {
  const name = /^(?:(SSH)-\d|(HTTP)\/\d)/.exec(data.toString('latin1', 0, 8));
  if (!name) return undefined;
  return new TransientError(`${host}:${String(port)} speaks ${name[1] ?? name[2] ?? ''}, not the RouterOS API`, {
    hint: 'correct the port in MIKROTIK_HOST: 8729 is api-ssl, 8728 is api, unless /ip/service/print says otherwise',
  });
}

function closedByPeer(link: Link, peer: Peer): TransientError {
  if (!link.onLogin) return new TransientError(`${peer.host}:${String(peer.port)}: the router closed the connection`);
  const cause = Object.assign(new Error('closed before the login was answered'), { code: 'ECONNRESET' });
  return connectionError(cause, peer);
}

function silence(socket: SecureSocket, peer: Peer): TransientError {
  const seconds = String(CONNECT_TIMEOUT_MS / 1000);
  const where = `${peer.host}:${String(peer.port)}`;
  if (socket.connecting) {
    return connectionError(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' }), peer);
  }
  const secured = !peer.tls || socket.getProtocol?.() !== null;
  const step = secured ? 'the login' : 'the TLS handshake';
  return new TransientError(`${where}: it accepts, but has not answered ${step} within ${seconds} s`, {
    hint: 'check that the port is the one of the API (/ip/service/print), that its `address` limit lets this connector in, and whether the router is overloaded',
  });
}

function ignore(): void {
  // Told by the link, with its true cause.
}
