import { kinds } from '../kinds.ts';
import { firewall } from './firewall.ts';
import { haproxy } from './haproxy.ts';
import { mikrotik } from './mikrotik.ts';
import { nginx } from './nginx.ts';
import { pfsense } from './pfsense.ts';
import type { StageKind } from './stage.ts';
import { traefik } from './traefik.ts';

const all: Readonly<Record<string, StageKind>> = { mikrotik, pfsense, nginx, haproxy, firewall, traefik };

/** A new kind is told of until somebody has built a stage for it. */
const unbuilt: StageKind = {
  missing: () => Promise.resolve('it has no stage in tools/showing yet'),
  start: () => Promise.reject(new Error('no stage')),
};

/** Every kind of tools/kinds.ts and how it is shown. */
export const stageKinds: ReadonlyMap<string, StageKind> = new Map(
  [...Object.keys(all), ...Object.keys(kinds).filter((kind) => !(kind in all))]
    .filter((kind) => kind in kinds)
    .map((kind) => [kind, all[kind] ?? unbuilt]),
);
