import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { warned, type CheckStep } from '@bouncer/target';
import type { Environment } from '../settings/candidates.ts';

/** Interfaces that only a host has: a container that shows them shares its host's network. */
const ofHosts = /^(docker|br-|veth|virbr|cni|flannel|cali|podman)/;
const markers = ['/.dockerenv', '/run/.containerenv'];

/** True in a container with a network of its own, whose ports are open only where somebody publishes them. */
export function hasOwnNetwork(env: Environment): boolean {
  const isContainer = env['KUBERNETES_SERVICE_HOST'] !== undefined || markers.some((marker) => existsSync(marker));
  return isContainer && !Object.keys(networkInterfaces()).some((name) => ofHosts.test(name));
}

/** Why the page is open to more people than it should be; undefined when it is not. */
export function exposure(listen: string, token: string, isContained: boolean): string | undefined {
  if (listen === 'off' || token !== '' || isContained) return undefined;
  const host = listen.slice(0, listen.lastIndexOf(':')).toLowerCase();
  if (/^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(host)) return undefined;
  return `HTTP_LISTEN ${listen} is open to everyone who can reach this machine: the page names devices and who is blocked`;
}

export const exposureFix = 'set HTTP_TOKEN, or HTTP_LISTEN=127.0.0.1:9460';

/** Warns of a page that is open to the world. */
export function exposureStep(listen: string, token: string, isContained: boolean): CheckStep | undefined {
  const seen = exposure(listen, token, isContained);
  return seen === undefined ? undefined : warned('page', seen, exposureFix);
}
