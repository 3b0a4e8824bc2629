import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { startControlPort } from './control.ts';
import { startRouterOs } from './sandbox.ts';
import type { RouterOsSandbox } from './sandbox.ts';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly version: string;
  readonly user: string;
  readonly password: string;
  readonly readOnly?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsAnonymous?: boolean;
  readonly serviceTime: number;
  readonly scanTime: number;
  readonly latency: number;
  readonly rule: string;
  readonly controlPort?: number;
}

/** `routeros`: a router that listens until it is stopped, then tells what it holds. */
export function routerosCommand(): Command {
  return new Command('routeros')
    .description('a MikroTik RouterOS API stand-in')
    .option('--port <number>', 'port of the API; 0 is any free one', whole, 0)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--version <version>', 'RouterOS version to be: 6.49.10, 7.16.2, 7.20.1', '7.20.1')
    .option('--user <name>', 'user who may log in', 'crowdsec')
    .option('--password <text>', "the user's password", 'secret')
    .option('--read-only', 'the user lacks the write policy')
    .option('--tls-cert <file>', 'speak TLS with this certificate (PEM)')
    .option('--tls-key <file>', 'and this key (PEM)')
    .option('--tls-anonymous', 'speak TLS without a certificate, as api-ssl does by default')
    .option('--service-time <ms>', 'milliseconds a command takes of the one thread', duration, 0)
    .option('--scan-time <us>', 'microseconds for each row that a print looks at', duration, 0)
    .option('--latency <ms>', 'milliseconds each way', duration, 0)
    .option('--rule <list>', 'make a raw drop rule that uses this list, both families', '')
    .option(
      '--control-port <number>',
      'HTTP: GET /rows /count /counters /rules, POST /reboot /hang /resume /kill /refuse /listen /wipe',
      whole,
    )
    .action(serve);
}

async function serve(flags: Flags): Promise<void> {
  const { tlsCert, tlsKey } = flags;
  const withCertificate = tlsCert !== undefined && tlsKey !== undefined;
  const router = await startRouterOs({
    port: flags.port,
    host: flags.host,
    version: flags.version,
    users: [
      {
        name: flags.user,
        password: flags.password,
        policies: flags.readOnly ? ['read', 'api'] : ['read', 'write', 'api'],
      },
    ],
    serviceTimeMs: flags.serviceTime,
    scanUsPerRow: flags.scanTime,
    latencyMs: flags.latency,
    ...(withCertificate && { tls: { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') } }),
    ...(flags.tlsAnonymous && { tls: 'anonymous' as const }),
  });
  if (flags.rule !== '') makeRules(router, flags.rule);
  process.stdout.write(`MIKROTIK_HOST=${router.host}:${router.port}\n`);
  process.stdout.write(`MIKROTIK_TLS=${withCertificate || flags.tlsAnonymous === true}\n`);
  const control = flags.controlPort === undefined ? undefined : await startControlPort(router, flags.controlPort);
  if (control) process.stdout.write(`CONTROL_URL=http://127.0.0.1:${control.port}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stdout.write(`${summary(router)}\n`);
      void router.close();
      void control?.[Symbol.asyncDispose]();
    });
  }
}

function makeRules(router: RouterOsSandbox, list: string): void {
  for (const family of [4, 6] as const) {
    const where = { 'in-interface-list': 'WAN', 'src-address-list': list };
    router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'drop', ...where });
  }
}

/** `30,012 rows (crowdsec: 30,000, admins: 12), 30,000 adds, ...` */
function summary(router: RouterOsSandbox): string {
  const lists = new Map<string, number>();
  const rows = router.rows();
  for (const { list } of rows) lists.set(list, (lists.get(list) ?? 0) + 1);
  const held = [...lists].map(([list, count]) => `${list}: ${count}`).join(', ');
  const { adds, sets, removes, prints, maxInFlight, connections } = router.counters;
  return (
    `${rows.length} rows${held === '' ? '' : ` (${held})`}; executed ${adds} adds, ${sets} sets, ${removes} removes, ` +
    `${prints} prints; at most ${maxInFlight} in flight; ${connections} connections`
  );
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is needed');
  return Number(text);
}

function duration(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('a number of 0 or more is needed');
  return value;
}
