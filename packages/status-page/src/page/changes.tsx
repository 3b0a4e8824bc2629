import type { PageChange } from '../api.ts';
import { visible } from '../wording.ts';
import type { SeenChange } from './feed.ts';
import { moment, number, timeOfDay } from './format.ts';
import { State } from './mark.tsx';
import type { Mood } from './mark.tsx';

const actions: Readonly<Record<PageChange['action'], { readonly mood: Mood; readonly word: string }>> = {
  blocked: { mood: 'plain', word: 'Blocked' },
  extended: { mood: 'plain', word: 'Extended' },
  unblocked: { mood: 'plain', word: 'Unblocked' },
  refused: { mood: 'bad', word: 'Refused' },
};

interface ChangesProps {
  readonly changes: readonly SeenChange[];
  readonly missed: number;
  readonly severalDevices: boolean;
}

/** What happened last, newest first, as it happens. */
export function Changes({ changes, missed, severalDevices }: ChangesProps) {
  return (
    <section class="card" aria-labelledby="changes">
      <h2 id="changes">Last changes</h2>
      {changes.length === 0 && <p class="soft">Nothing has changed since the start.</p>}
      {changes.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-label="Table of changes">
          <table class="changes">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">What</th>
                <th scope="col">Network</th>
                <th scope="col">Why</th>
                <th scope="col">Until</th>
                {severalDevices && <th scope="col">Device</th>}
              </tr>
            </thead>
            <tbody>
              {changes.map((change) => (
                <Row key={change.key} change={change} severalDevices={severalDevices} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {missed > 0 && <p class="soft">{number(missed)} more came too fast to be shown one by one.</p>}
    </section>
  );
}

function Row({ change, severalDevices }: { readonly change: SeenChange; readonly severalDevices: boolean }) {
  const { at, action, network, origin, scenario, expiresAt, target, isNews } = change;
  const { mood, word } = actions[action];
  return (
    <tr class={isNews ? `${action} news` : action}>
      <td class="time">
        <time dateTime={new Date(at).toISOString()}>{timeOfDay(at)}</time>
      </td>
      <td>
        <State mood={mood}>{word}</State>
      </td>
      <td class="address">{network}</td>
      <td class="why">
        {scenario === '' && action === 'unblocked' ? (
          <span class="soft">no live decision left</span>
        ) : (
          <>
            {visible(scenario)} <span class="soft">{visible(origin)}</span>
          </>
        )}
      </td>
      <td class="time">{expiresAt === undefined ? '' : moment(expiresAt)}</td>
      {severalDevices && <td>{visible(target)}</td>}
    </tr>
  );
}
