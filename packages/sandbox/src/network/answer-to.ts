import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';

/**
 * The answer to a request that was sent.
 * Whoever answers before it has read all of a body, and hangs up, makes an error of the rest that is still to be sent; the
 * answer stands nevertheless, and nobody listens for errors of the request any more.
 * @throws the error of a request that comes before its answer.
 */
export async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  request.on('error', () => undefined);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}
