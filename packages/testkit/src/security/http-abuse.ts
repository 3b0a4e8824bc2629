import { connect, type Socket } from 'node:net';

/** Bytes that a client may send and no server may fall over. */
const abuses: readonly string[] = [
  'GET // HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET http://user:pass@evil.example:99999/ HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /%ff%fe%00?ip=%ff&ip=%00&%=% HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /?ip=<script>alert(1)</script> HTTP/1.1\r\nHost: a\r\n\r\n',
  `GET /?ip=${'9'.repeat(6000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  'GET /?token=%E0%A4%A HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ====\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: evil.example"><script>\r\nX-Forwarded-Host: evil.example\r\n\r\n',
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(200_000)}\r\n\r\n`,
  'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nx',
  'CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET /\u0000 HTTP/1.1\r\n\r\n',
  '\u0016\u0003\u0001\u0000\u0005hello',
  'GET\r\n\r\n',
  '\r\n\r\n\r\n',
];

/**
 * Sends every abuse on a connection of its own, and hangs up on each without waiting for all of its answer.
 * @returns what came back, by abuse: the first line, or empty.
 */
export async function abuse(
  port: number,
): Promise<{ readonly sent: string; readonly answer: string; readonly text: string }[]> {
  const answers = [];
  for (const sent of abuses) {
    const text = await exchange(port, sent);
    answers.push({ sent: sent.slice(0, 60), answer: text.split('\r\n')[0] ?? '', text });
  }
  return answers;
}

async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (part: Buffer) => (text += part.toString('latin1')));
  // A reset is as good an end as any; `once` would take it for a failure.
  const closed = new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
  socket.write(bytes, 'latin1');
  // A request behind it proves that the server is through with it; it may also have hung up.
  socket.end('GET /no-such-page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const limit = setTimeout(() => socket.destroy(), 2000);
  await closed;
  clearTimeout(limit);
  return text;
}

/** Opens connections that never finish their request. */
export async function crowd(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
  // All of them at once: whoever is thrown out before its turn is an error that somebody has to listen for.
  const settled = sockets.map((socket) => new Promise((resolve) => socket.on('error', resolve).on('connect', resolve)));
  await Promise.all(settled);
  for (const socket of sockets) {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  }
  return sockets;
}
