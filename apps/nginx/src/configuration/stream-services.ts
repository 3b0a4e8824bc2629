import { passed, warned, type CheckStep } from '@bouncer/target';
import { allOf } from './configuration-tree.ts';
import type { ConfigurationTree } from './configuration-tree.ts';
import type { Directive } from './parse-configuration.ts';

/** TCP and UDP services of the stream block: http's handlers never see them. */
export function* streamServices({ directives }: ConfigurationTree, folder: string): Generator<CheckStep> {
  const step = 'stream services';
  const streams = directives.filter(({ name }) => name === 'stream').flatMap(({ block = [] }) => block);
  const servers = streams.filter(({ name }) => name === 'server');
  if (servers.length === 0) return;
  const names = protectedNames(streams);
  const open = servers.filter(
    ({ block = [] }) =>
      !block.some(({ name, parameters: [to = ''] }) => (name === 'proxy_pass' || name === 'return') && names.has(to)),
  );
  if (open.length === 0) {
    yield passed(step, 'each is passed on by a map of $crowdsec_blocked');
    return;
  }
  const listens = open.map(({ block = [] }) => allOf(block, /^listen$/).map(({ parameters }) => parameters[0] ?? ''));
  const seen = `open to banned clients: those that listen on ${listens.flat().join(', ')}`;
  yield warned(step, seen, `NGINX_STREAM=true, include ${folder}/crowdsec-stream.conf; and a map for each: see setup`);
}

/** The variables that depend on ours, however many maps lie between. */
function protectedNames(streams: readonly Directive[]): Set<string> {
  const names = new Set(['$crowdsec_blocked']);
  const maps = streams
    .filter(({ name }) => name === 'map')
    .map(({ parameters: [from = '', to = ''] }) => ({ from, to }));
  let before = 0;
  while (names.size > before) {
    before = names.size;
    for (const { from, to } of maps) if ([...names].some((name) => from.includes(name))) names.add(to);
  }
  return names;
}
