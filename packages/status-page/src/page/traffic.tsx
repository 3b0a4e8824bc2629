import type { PageDrops } from '../api.ts';
import { visible } from '../wording.ts';
import { bytes, compact, number } from './format.ts';

/** What the devices have turned away since they began to count. Nothing where no device counts. */
export function Traffic({
  drops,
  severalDevices,
}: {
  readonly drops: readonly PageDrops[];
  readonly severalDevices: boolean;
}) {
  const refused = drops.filter(({ packets, requests }) => packets > 0 || requests !== undefined);
  if (drops.length === 0) return null;
  const processed = drops.reduce((sum, each) => sum + (each.processed ?? 0), 0);
  return (
    <section class="card" aria-labelledby="traffic">
      <h2 id="traffic">Turned away</h2>
      {refused.length === 0 && <p class="soft">Nothing yet.</p>}
      <dl>
        {refused.map(({ target, family, origin, packets, bytes: size, requests }) => (
          <div class="fact" key={`${target} ${family ?? ''} ${origin ?? ''}`}>
            <dt>
              {family === undefined ? 'IPv4 and IPv6' : `IPv${family}`} {origin !== undefined && visible(origin)}
              {severalDevices && <span class="soft"> {visible(target)}</span>}
            </dt>
            <dd>
              {requests === undefined ? (
                <>
                  {compact(packets)} packets <span class="soft">{bytes(size)}</span>
                </>
              ) : (
                `${compact(requests)} requests`
              )}
            </dd>
          </div>
        ))}
      </dl>
      {processed > 0 && <p class="soft">{number(processed)} requests were looked at.</p>}
    </section>
  );
}
