import type { Socket } from 'node:net';
import type { Router } from '../device/router.ts';
import type { RouterOsOptions, RouterUser } from '../device/options.ts';
import { FramingError } from '../protocol/codec.ts';
import { parseRequest } from '../protocol/request.ts';
import type { Request } from '../protocol/request.ts';
import { SentenceReader } from '../protocol/sentence-reader.ts';
import { Trap, traps } from '../protocol/trap.ts';
import type { CommandLog } from './command-log.ts';
import type { Executor } from './executor.ts';
import type { Fault, Faults } from './faults.ts';
import { Login } from './login.ts';
import { Outlet } from './outlet.ts';
import { ReplyQueue } from './reply-queue.ts';
import type { ReplyWriter } from './reply-writer.ts';

/** What commands cost; may be changed at any time. */
export interface Pace {
  /** Milliseconds of the processor for any command. */
  serviceTimeMs: number;
  /** Microseconds on top for each row that a print looks at. */
  scanUsPerRow: number;
}

/** What all connections of one router share. */
export interface Shared {
  readonly router: Router;
  readonly options: RouterOsOptions;
  readonly executor: Executor;
  readonly faults: Faults;
  readonly writer: ReplyWriter;
  readonly log: CommandLog;
  readonly pace: Pace;
}

interface Pending {
  readonly request: Request;
  /** Answered by a cancel before its turn came. */
  cancelled: boolean;
}

/** The router's limits before login are known to be tight, not how tight. */
const LIMIT_BEFORE_LOGIN = 4096;
const LIMIT_AFTER_LOGIN = 65_536;
/** Commands that may wait; beyond, the router stops reading until half of them are answered. */
const READ_AHEAD = 2048;

/** One API session. */
export class Connection {
  readonly #socket: Socket;
  readonly #raw: Socket;
  readonly #shared: Shared;
  readonly #reader = new SentenceReader(LIMIT_BEFORE_LOGIN);
  readonly #outlet: Outlet;
  readonly #replies: ReplyQueue;
  readonly #login: Login;
  readonly #pending = new Set<Pending>();
  #user: RouterUser | undefined;
  /** Commands still to be executed without a reply, by a `lose` fault. */
  #losing = 0;
  #over = false;

  /** `raw` is the TCP socket below a TLS one, or the same socket. */
  constructor(socket: Socket, raw: Socket, shared: Shared) {
    this.#socket = socket;
    this.#raw = raw;
    this.#shared = shared;
    this.#outlet = new Outlet(socket, shared.options, () => {
      this.#replies.pump();
    });
    this.#replies = new ReplyQueue(this.#outlet, shared.options.interleave ?? true);
    this.#login = new Login(shared.router, shared.options.challengeLogin);
    raw.setNoDelay(true);
    const { latencyMs = 0 } = shared.options;
    socket.on('data', (bytes: Buffer) => {
      if (latencyMs === 0) this.#receive(bytes);
      else
        setTimeout(() => {
          this.#receive(bytes);
        }, latencyMs);
    });
    socket.on('close', () => (this.#over = true));
    socket.on('error', () => (this.#over = true));
  }

  /** Reads nothing and sends nothing until `wake`. */
  freeze(): void {
    this.#socket.pause();
    this.#outlet.hold();
    this.#replies.stop();
  }

  wake(): void {
    this.#outlet.release();
    this.#replies.resume();
    this.#socket.resume();
  }

  /** RST: what was not sent yet is lost. */
  reset(): void {
    this.#over = true;
    this.#raw.resetAndDestroy();
    this.#socket.destroy();
  }

  /** Sends `!fatal` and ends the connection. */
  fatal(reason: string): void {
    this.#outlet.write(this.#shared.writer.fatal(reason));
    this.#end();
  }

  /** Sends bytes that nobody asked for. */
  inject(bytes: Buffer): void {
    this.#outlet.write(bytes);
  }

  #receive(bytes: Buffer): void {
    if (this.#over) return;
    try {
      for (const words of this.#reader.push(bytes)) this.#accept(parseRequest(words));
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.#over = true;
      this.#socket.destroy();
    }
  }

  #accept(request: Request): void {
    if (request.command === '/cancel' && this.#user) {
      this.#cancel(request);
      return;
    }
    const pending: Pending = { request, cancelled: false };
    this.#pending.add(pending);
    const { counters } = this.#shared.router;
    counters.maxInFlight = Math.max(counters.maxInFlight, this.#pending.size);
    if (this.#pending.size > READ_AHEAD) this.#socket.pause();
    const job = {
      cost: () => this.#costOf(pending),
      run: () => {
        this.#run(pending);
      },
    };
    this.#shared.executor.submit(job, this);
  }

  #costOf({ request, cancelled }: Pending): number {
    if (this.#over || cancelled) return 0;
    const { serviceTimeMs, scanUsPerRow } = this.#shared.pace;
    const { counters } = this.#shared.router;
    const scan = scanUsPerRow === 0 ? 0 : (this.#shared.router.scannedRows(request) * scanUsPerRow) / 1000;
    counters.scanMs += scan;
    counters.busyMs += serviceTimeMs + scan;
    return serviceTimeMs + scan;
  }

  #run(pending: Pending): void {
    if (this.#over || pending.cancelled) return;
    const { router, faults, log } = this.#shared;
    const fault = this.#losing > 0 ? undefined : faults.beforeCommand(this.#scopeOf(pending));
    if (fault?.kind === 'reset') {
      this.reset();
      return;
    }
    router.counters.commands += 1;
    log.add(pending.request);
    if (fault?.kind === 'lose') this.#losing = fault.count ?? 1;
    if (fault || this.#losing > 0) this.#executeWithoutReply(pending, fault?.kind);
    else this.#execute(pending);
  }

  #execute(pending: Pending): void {
    const { request } = pending;
    const { router, writer } = this.#shared;
    if (request.command === '/quit') {
      this.fatal('session terminated on request');
      return;
    }
    if (!this.#user && request.command !== '/login') {
      this.fatal('not logged in');
      return;
    }
    const finished = () => {
      this.#finish(pending);
    };
    try {
      if (request.command === '/login') {
        this.#replies.send(writer.done(request.tag, this.#logIn(request)), request.tag, finished);
        return;
      }
      const answer = router.execute(request, this.#user ?? NOBODY);
      if (answer.rows) {
        this.#replies.sendLong({ tag: request.tag, sentences: writer.rows(answer.rows, request.tag), finished });
      } else {
        this.#replies.send(writer.short(answer, request.tag), request.tag, finished);
      }
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      router.counters.traps += 1;
      this.#replies.send(writer.trap(error, request.tag), request.tag, finished);
    }
  }

  /** The challenge when there is one. Throws Trap. */
  #logIn(request: Request): string | undefined {
    const result = this.#login.attempt(request);
    if ('challenge' in result) return result.challenge;
    this.#user = result.user;
    this.#reader.limit = this.#shared.options.maxSentenceBytes ?? LIMIT_AFTER_LOGIN;
    this.#shared.router.counters.logins += 1;
    return undefined;
  }

  #executeWithoutReply(pending: Pending, kind: Fault['kind'] | undefined): void {
    this.#pending.delete(pending);
    const reply = this.#replyInOnePiece(pending.request);
    if (kind === 'silent') return;
    if (kind === 'cut') this.#outlet.write(reply.subarray(0, reply.length >> 1));
    this.#losing -= 1;
    if (this.#losing <= 0 || this.#pending.size === 0) this.#end();
  }

  #replyInOnePiece(request: Request): Buffer {
    const { router, writer } = this.#shared;
    try {
      if (!this.#user) return writer.done(request.tag, this.#logIn(request));
      const answer = router.execute(request, this.#user);
      return answer.rows
        ? Buffer.concat([...writer.rows(answer.rows, request.tag)])
        : writer.short(answer, request.tag);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      return writer.trap(error, request.tag);
    }
  }

  #finish(pending: Pending): void {
    this.#pending.delete(pending);
    if (this.#socket.isPaused() && this.#pending.size < READ_AHEAD / 2) this.#socket.resume();
    const fault = this.#shared.faults.afterReply(this.#scopeOf(pending));
    if (fault?.kind === 'fatal') this.fatal(fault.reason ?? 'shutting down');
    else if (fault) this.#end();
  }

  /** `/cancel`: of one tag or of all. What was executed already just goes on answering. */
  #cancel(request: Request): void {
    const wanted = request.attributes.get('tag');
    const { writer } = this.#shared;
    for (const pending of this.#pending) {
      const { tag } = pending.request;
      if (tag === undefined || (wanted !== undefined && tag !== wanted)) continue;
      this.#replies.withdraw(tag);
      pending.cancelled = true;
      this.#pending.delete(pending);
      this.#outlet.write(writer.trap(traps.interrupted(), tag));
    }
    this.#outlet.write(writer.done(request.tag));
  }

  #scopeOf(pending: Pending): 'write' | 'read' {
    return this.#shared.router.isWrite(pending.request) ? 'write' : 'read';
  }

  #end(): void {
    this.#over = true;
    this.#outlet.end();
  }
}

const NOBODY: RouterUser = { name: '', password: '', policies: [] };
