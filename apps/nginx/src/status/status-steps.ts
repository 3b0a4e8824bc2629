import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { failed, passed, warned, type AppsecCounts, type CheckStep, type Concern } from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import type { NginxStatus } from './read-status.ts';

/** Fewer private clients than this may be a health check. */
const ENOUGH_SAMPLES = 20;
/** Byte of decisions.bin at which the CRC-32 of its body stands: see layout.ts. */
const CRC_AT = 28;

/** What the list in the folder goes by; undefined when there is none. */
export function listMark(folder: string): string | undefined {
  const file = path.join(folder, 'decisions.bin');
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  return bytes.length < CRC_AT + 4 ? undefined : bytes.readUInt32LE(CRC_AT).toString(16).padStart(8, '0');
}

/** What is wrong with the list that NGINX says it holds; undefined when it is the one in the folder. */
export function listConcern({ list }: NginxStatus, mark: string | undefined): Concern | undefined {
  const fix = 'look into the error log of NGINX for "crowdsec:", and run `check` where NGINX runs';
  if (list === undefined) {
    const seen = 'NGINX has read no list: its user cannot read the folder, or it has an older crowdsec.conf in force';
    return { level: 'fail', seen, fix: `${fix}; reload NGINX` };
  }
  if (list === mark) return undefined;
  return { level: 'fail', seen: 'NGINX holds another list than the one that is written', fix };
}

/** What is wrong with the clients that NGINX sees; undefined when nothing is known to be. */
export function clientsConcern({ seen }: NginxStatus): Concern | undefined {
  const total = seen.private + seen.public;
  if (seen.public > 0 || total < ENOUGH_SAMPLES) return undefined;
  return {
    level: 'fail',
    seen: `${describe(seen)}: NGINX sees a proxy (or Docker) in place of its clients, and blocks nobody`,
    fix: 'set_real_ip_from <address of the proxy>; real_ip_header X-Forwarded-For; or publish the ports with network_mode: host',
  };
}

/** What is wrong with AppSec, from what was counted between two looks; undefined when it has answered any, or was not asked. */
export function appsecConcern(before: AppsecCounts, { appsec: now }: NginxStatus): Concern | undefined {
  const failed = now.failed - before.failed;
  const answered = now.passed + now.blocked - before.passed - before.blocked;
  if (failed <= 0 || answered > 0) return undefined;
  return {
    level: 'warn',
    seen: `AppSec has answered none of the last ${failed} requests that NGINX asked about`,
    fix: 'run `check`, and look into the error log of NGINX for "crowdsec: AppSec"',
  };
}

/** That NGINX does not tell. */
export function silenceConcern(error: unknown): Concern {
  return { level: 'warn', seen: `${messageOf(error)}: whether NGINX blocks is not known`, fix: hintOf(error) };
}

/** The doctor's lines about what NGINX tells. */
export function* statusSteps(status: NginxStatus, mark: string | undefined): Generator<CheckStep> {
  const sum = (field: 'processed' | 'requests'): number =>
    status.counters.reduce((total, one) => total + (one[field] ?? 0), 0);
  const counts = `${sum('processed')} requests looked at, ${sum('requests')} refused`;
  const concern = listConcern(status, mark);
  if (concern) yield failed('status', `${concern.seen} (${counts})`, concern.fix);
  else yield passed('status', `NGINX has the list that is written, ${status.segments ?? 0} segments, ${counts}`);
  const clients = clientsConcern(status);
  const { seen } = status;
  if (clients) yield failed('clients', clients.seen, clients.fix);
  else if (seen.public > 0) yield passed('clients', describe(seen));
  else
    yield warned(
      'clients',
      `${describe(seen)}: too few to tell whether NGINX sees its clients`,
      'run `check` again later',
    );
}

function describe(seen: NginxStatus['seen']): string {
  return `${seen.private + seen.public} sampled, ${seen.private} of them with private addresses`;
}
