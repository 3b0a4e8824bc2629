import { assertKnown, notUnderstood } from './answers.ts';

/** What `show info` tells of the process that answers. */
export interface Info {
  readonly version: string;
  /** Differs from one process to the next, also in containers, where all of them have the same id. */
  readonly process: string;
}

/** @throws TransientError when it is not HAProxy that answers. */
export function readInfo(answer: string): Info {
  assertKnown(answer);
  const fields = new Map(answer.split('\n').map((line) => line.split(': ', 2) as [string, string | undefined]));
  const version = fields.get('Version');
  const pid = fields.get('Pid');
  if (version === undefined || pid === undefined || !answer.endsWith('\n\n')) throw notUnderstood(answer);
  return { version, process: `${pid} ${fields.get('Start_time_sec') ?? ''}` };
}
