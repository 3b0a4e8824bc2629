import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Outcome } from './pfctl.ts';

/** One call of a program inside the stand-in. */
export interface Call {
  readonly program: string;
  /** Effective user id of the caller. */
  readonly uid: number;
  readonly args: readonly string[];
  /** Only for `-f -`. */
  readonly stdin: string;
}

/**
 * The far end of the emulated programs (pfctl, sysctl ...): each is this script under its own name. Perl, because it is
 * part of every Debian and starts in some milliseconds.
 */
export const wireScript = `#!/usr/bin/perl
use strict; use Socket;
my $name = $0; $name =~ s{.*/}{};
my $socket;
socket($socket, PF_UNIX, SOCK_STREAM, 0) && connect($socket, sockaddr_un('/var/run/emulator'))
	or do { print STDERR "the emulator is away\\n"; exit 70 };
my $head = join("\\0", $name, $>, @ARGV);
print $socket length($head), "\\n", $head;
my $reads = 0;
for my $at (0 .. $#ARGV - 1) { $reads = 1 if $ARGV[$at] eq '-f' && $ARGV[$at + 1] eq '-' }
if ($reads) { my $block; while (sysread(STDIN, $block, 65536)) { print $socket $block } }
{ my $old = select($socket); $| = 1; print ""; select($old); } shutdown($socket, 1);
local $/; my $reply = <$socket>; exit 70 unless defined $reply;
my ($first, $rest) = split(/\\n/, $reply, 2);
my ($code, $out) = split(/ /, $first);
print STDOUT substr($rest, 0, $out); print STDERR substr($rest, $out);
exit $code;
`;

/** The near end. */
export interface Wire {
  close(): void;
}

/** Serves the calls one by one, as the kernel's lock would. */
export async function serveWire(path: string, answer: (call: Call) => Promise<Outcome>): Promise<Wire> {
  const sockets = new Set<Socket>();
  let turn: Promise<unknown> = Promise.resolve();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = [];
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => {
      turn = turn.then(() => reply(socket, Buffer.concat(chunks), answer)).catch(() => socket.destroy());
    });
  });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o777);
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function reply(socket: Socket, request: Buffer, answer: (call: Call) => Promise<Outcome>): Promise<void> {
  const line = request.indexOf(10);
  const end = line + 1 + Number(request.subarray(0, line).toString());
  const [program = '', uid = '', ...args] = request
    .subarray(line + 1, end)
    .toString()
    .split('\0');
  const call = { program, uid: Number(uid), args, stdin: request.subarray(end).toString('latin1') };
  const { code, out = '', err = '' } = await answer(call);
  socket.end(`${code} ${Buffer.byteLength(out)}\n${out}${err}`);
}
