import { originGroup, type OriginGroup } from '@bouncer/stream';

/** Who asked for a block, as far as the kernel counts apart: this machine and its people, lists, the community list. */
export type KernelGroup = 'local' | 'lists' | 'capi';

/** All groups, in the order in which they are asked. */
export const KERNEL_GROUPS: readonly KernelGroup[] = ['local', 'lists', 'capi'];

/** What a group is called in metrics: an origin as LAPI names it. */
export const ORIGIN_OF: Readonly<Record<KernelGroup, string>> = { local: 'crowdsec', lists: 'lists', capi: 'CAPI' };

const COUNTED: Readonly<Record<OriginGroup, KernelGroup>> = {
  local: 'local',
  manual: 'local',
  lists: 'lists',
  community: 'capi',
};

/** The group that the kernel counts an origin with. */
export function kernelGroup(origin: string): KernelGroup {
  return COUNTED[originGroup(origin)];
}
