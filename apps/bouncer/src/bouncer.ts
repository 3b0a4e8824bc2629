import type { Program } from '@bouncer/cli/run-bouncer';
import { kinds } from '../../../tools/kinds.ts';

/** Any number of targets of any kind, with one pull of LAPI. A kind is loaded only when a target of it is configured. */
export const bouncer: Program = {
  type: 'crowdsec-bouncer',
  title: 'CrowdSec bouncer',
  summary: "Keeps CrowdSec's decisions on any number of targets of any kind.",
  kinds,
};
