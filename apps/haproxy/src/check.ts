import { passed, stepOf, warned, type CheckStep } from '@bouncer/target';
import { fileFix, type AclFile } from './acl-file.ts';
import { ownAcl, readAcls } from './answers.ts';
import { printSocket, type HaproxyOptions } from './config.ts';
import { readConfiguration } from './configuration/read.ts';
import { judgeRules } from './configuration/rules.ts';
import { readInfo } from './info.ts';
import type { RuntimeApi } from './runtime-api.ts';

/** The doctor's half of HAProxy: socket, level, ACL, file, rule. Rejects where it cannot go on. */
export async function* checkHaproxy(
  api: RuntimeApi,
  { socket, acl: wanted }: HaproxyOptions,
  file: AclFile | undefined,
  signal: AbortSignal,
): AsyncIterable<CheckStep> {
  const { version } = readInfo(await api.ask('show info', signal));
  yield passed('socket', `${printSocket(socket)}: HAProxy ${version}`);
  const level = (await api.ask('show cli level', signal)).trim();
  yield level === 'admin'
    ? passed('level', 'admin')
    : warned(
        'level',
        `${level.slice(0, 40)}: HAProxy may refuse to change the ACL`,
        'give the `stats socket` line `level admin`',
      );
  const acl = ownAcl(readAcls(await api.ask('show acl', signal)), wanted);
  yield passed('acl', `${wanted} holds ${acl.entries} entries`);
  const problem = file === undefined ? 'HAPROXY_ACL is no absolute path' : file.problem();
  yield problem === undefined
    ? passed('file', `${wanted} is kept up to date for the next start of HAProxy`)
    : warned('file', `${wanted} is not kept for the next start of HAProxy: ${problem}`, fileFix(wanted));
  yield stepOf('rule', judgeRules(acl, readConfiguration));
}
