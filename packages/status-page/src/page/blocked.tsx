import { originGroups, type OriginGroup } from '@bouncer/stream/origin-group';
import type { PageStatus } from '../api.ts';
import { number } from './format.ts';
import { Bars } from './parts.tsx';
import { groupsOf } from './series.ts';

/** The groups of origins in words, and what is in them. */
export const groupNames: Readonly<Record<OriginGroup, string>> = {
  local: 'Detected here',
  manual: 'Manual and console',
  lists: 'Blocklists',
  community: 'Community (CAPI)',
};

/** What the devices hold now: how many, and by whom. */
export function Blocked({ status }: { readonly status: PageStatus }) {
  const groups = groupsOf(status);
  const family = (wanted: 4 | 6): number =>
    status.counts.reduce((sum, each) => sum + (each.family === wanted ? each.count : 0), 0);
  const origins = new Map<string, number>();
  for (const { origin, count } of status.counts) origins.set(origin, (origins.get(origin) ?? 0) + count);
  const lists = [...origins].filter(([origin]) => origin.startsWith('lists:'));
  return (
    <section class="card blocked" aria-labelledby="blocked">
      <h2 id="blocked">Blocked now</h2>
      <p class="figure">{number(status.blocked)}</p>
      {status.wanted !== status.blocked && <p class="soft">of {number(status.wanted)} that CrowdSec asks for</p>}
      <dl class="families">
        <div>
          <dt>IPv4</dt>
          <dd>{number(family(4))}</dd>
        </div>
        <div>
          <dt>IPv6</dt>
          <dd>{number(family(6))}</dd>
        </div>
      </dl>
      <Bars
        caption="Blocked networks by origin"
        rows={originGroups.map((group) => ({ name: groupNames[group], count: groups[group], tone: group }))}
      />
      {lists.length > 1 && (
        <details>
          <summary>{number(lists.length)} blocklists</summary>
          <Bars
            caption="Blocked networks by blocklist"
            rows={lists.map(([origin, count]) => ({ name: origin.slice('lists:'.length), count, tone: 'lists' }))}
          />
        </details>
      )}
    </section>
  );
}
