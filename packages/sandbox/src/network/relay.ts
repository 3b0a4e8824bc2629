// usage: node relay.ts LISTEN TARGET     until its standard input ends; both `host:port`, or the path of a UNIX socket
// Joins two networks that do not see each other: started in one namespace, it speaks to the other by a UNIX socket.
import { connect, createServer, type NetConnectOpts } from 'node:net';

const [listen = '', target = ''] = process.argv.slice(2);

function endOf(text: string): { path: string } | { host: string; port: number } {
  if (text.startsWith('/')) return { path: text };
  const split = text.lastIndexOf(':');
  return { host: text.slice(0, split).replace(/^\[|\]$/g, ''), port: Number(text.slice(split + 1)) };
}

// Whoever started it is gone.
process.stdin.on('end', () => process.exit()).resume();

const server = createServer((near) => {
  const far = connect(endOf(target) as NetConnectOpts);
  near.pipe(far).pipe(near);
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
});
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
server.listen(endOf(listen), () => {
  process.stdout.write('ready\n');
});
