import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '@bouncer/stream';
import type { LapiFault } from './faults.ts';
import type { Answer } from './routes.ts';

/** Bodies shorter than this go out with a Content-Length, as Go does it. */
const goBuffer = 2048;

/**
 * Sends an answer, harmed as the fault says. Resolves when it is out, cut, or given up by the client; a `hang` resolves
 * when the connection ends.
 */
export async function send(
  response: ServerResponse,
  answer: Answer,
  fault: LapiFault | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  const ended = AbortSignal.any([gone.signal, signal]);
  try {
    if (fault?.kind === 'delay') await clock.sleep(fault.milliseconds, ended);
    if (fault?.kind === 'drop' && fault.at !== 'body') {
      if (fault.at === 'headers') await sendHeaders(response, answer);
      response.destroy();
      return;
    }
    if (fault?.kind === 'hang') {
      if (fault.at !== 'request') await sendHeaders(response, answer);
      if (fault.at === 'body') await sendPieces(response, cut([...answer.body].join(''), 0.5), ended);
      if (!ended.aborted) await once(ended, 'abort');
      response.destroy();
      return;
    }
    await sendBody(response, answer, fault, clock, ended);
  } catch (error) {
    if (!ended.aborted) throw error;
    response.destroy();
  }
}

async function sendBody(
  response: ServerResponse,
  answer: Answer,
  fault: LapiFault | undefined,
  clock: Clock,
  ended: AbortSignal,
): Promise<void> {
  if (fault?.kind === 'drop' || fault?.kind === 'truncate') {
    const part = cut([...answer.body].join(''), fault.share ?? 0.5);
    response.writeHead(answer.status, answer.headers);
    await sendPieces(response, part, ended);
    if (fault.kind === 'truncate') {
      response.end();
      return;
    }
    await nextTurn();
    response.destroy();
    return;
  }
  if (fault?.kind === 'slow') {
    response.writeHead(answer.status, answer.headers);
    const text = [...answer.body].join('');
    const size = Math.max(1, Math.ceil(text.length / fault.pieces));
    for (let start = 0; start < text.length; start += size) {
      await clock.sleep(fault.milliseconds, ended);
      await sendPieces(response, [text.slice(start, start + size)], ended);
    }
    response.end();
    return;
  }
  await sendWhole(response, answer, ended);
}

async function sendWhole(response: ServerResponse, answer: Answer, ended: AbortSignal): Promise<void> {
  if (answer.chunked) {
    response.writeHead(answer.status, answer.headers);
    await sendPieces(response, answer.body, ended);
    response.end();
    return;
  }
  let held = '';
  const pieces = answer.body[Symbol.iterator]();
  for (;;) {
    const next = pieces.next();
    if (next.done) {
      const length = Buffer.byteLength(held);
      response.writeHead(answer.status, { ...answer.headers, 'content-length': String(length) });
      response.end(held);
      return;
    }
    held += next.value;
    if (held.length > goBuffer) break;
  }
  response.writeHead(answer.status, answer.headers);
  await sendPieces(response, [held], ended);
  await sendPieces(response, { [Symbol.iterator]: () => pieces }, ended);
  response.end();
}

async function sendHeaders(response: ServerResponse, answer: Answer): Promise<void> {
  response.writeHead(answer.status, answer.headers);
  response.flushHeaders();
  await nextTurn();
}

/** Lets what was written leave before a cut takes it back. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function sendPieces(response: ServerResponse, pieces: Iterable<string>, ended: AbortSignal): Promise<void> {
  for (const piece of pieces) {
    ended.throwIfAborted();
    if (piece !== '' && !response.write(piece)) await once(response, 'drain', { signal: ended });
  }
}

function cut(text: string, share: number): string[] {
  return [text.slice(0, Math.floor(text.length * share))];
}
