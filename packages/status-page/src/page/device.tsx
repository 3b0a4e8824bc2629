import { useId } from 'preact/hooks';
import type { PageTarget } from '../api.ts';
import { visible } from '../wording.ts';
import { ago, duration, fact, number, plural } from './format.ts';
import { State } from './mark.tsx';
import type { Mood } from './mark.tsx';
import { Bar, Fact, Trouble } from './parts.tsx';

const states: Readonly<Record<PageTarget['state'], { readonly mood: Mood; readonly word: string }>> = {
  connecting: { mood: 'wait', word: 'Connecting' },
  reconciling: { mood: 'wait', word: 'Catching up' },
  'in-step': { mood: 'good', word: 'In step' },
  away: { mood: 'bad', word: 'Away' },
  refused: { mood: 'bad', word: 'Refuses the login, or lacks what is needed' },
  'dry-run': { mood: 'wait', word: 'Dry run: nothing is written' },
  stopped: { mood: 'bad', word: 'Stopped' },
};

const concernClass = { fail: 'trouble', warn: 'trouble waiting', unseen: 'note' } as const;

/** In step with a list that stops nobody is no good state. */
export function shown({ state, concerns }: PageTarget): { readonly mood: Mood; readonly word: string } {
  if (state !== 'in-step' || concerns.every(({ level }) => level === 'unseen')) return states[state];
  return concerns.some(({ level }) => level === 'fail')
    ? { mood: 'bad', word: 'Holds the list, but does not protect' }
    : { mood: 'wait', word: 'Holds the list, with a warning' };
}

/** From this share of its limit on, a list counts as nearly full. */
const nearlyFull = 0.9;

/** One device: whether it holds what it should, and how it is. */
export function Device({ target, now }: { readonly target: PageTarget; readonly now: number }) {
  const { mood, word } = shown(target);
  const { held, desired, limit, lastChange, guard, refused, writes } = target;
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{visible(target.name)}</h2>
      <State mood={mood}>{word}</State>
      {target.lastError && <Trouble error={target.lastError} now={now} />}
      {target.concerns.map(({ level, seen, fix }) => (
        <div key={seen} class={concernClass[level]}>
          <p>{visible(seen)}</p>
          <p>
            <b>To do:</b> {visible(fix)}
          </p>
        </div>
      ))}
      {guard && (
        <div class="trouble waiting">
          <p>
            <b>Removals held.</b> A full pull would remove {number(guard.removals)} of {number(guard.held)} entries;
            they stay until that is confirmed.
          </p>
        </div>
      )}
      <p class="holds">
        Holds <b>{number(held)}</b> of <b>{number(desired)}</b>
        <Bar part={held} whole={Math.max(desired, held)} tone={held === desired ? 'good' : 'wait'} />
      </p>
      <dl>
        {limit !== undefined && (
          <Fact name="Room left">
            {number(Math.max(0, limit - held))} <span class="soft">of {number(limit)}</span>
            {held >= limit * nearlyFull && <State mood="wait">{held < limit ? 'Nearly full' : 'Full'}</State>}
          </Fact>
        )}
        {refused > 0 && <Fact name="Refused by it">{number(refused)}</Fact>}
        <Fact name="Last change">
          {lastChange ? (
            <>
              {sum(lastChange)} <span class="soft">{ago(lastChange.at, now)}</span>
            </>
          ) : (
            'none yet'
          )}
        </Fact>
        {lastChange && <Fact name="It took">{duration(lastChange.seconds)}</Fact>}
        {target.roundTripSeconds !== undefined && <Fact name="Answers in">{duration(target.roundTripSeconds)}</Fact>}
        <Fact name="Last seen">{ago(target.lastSeenAt, now)}</Fact>
      </dl>
      <details>
        <summary>More about it</summary>
        <dl>
          <Fact name="Written since start">{sum(writes)}</Fact>
          <Fact name="Removals held">{plural(target.guardHolds, 'time')}</Fact>
          <Fact name="Failures">{number(target.failures)}</Fact>
          {target.listSeconds !== undefined && <Fact name="Full listing">{duration(target.listSeconds)}</Fact>}
          {Object.entries(target.facts).map(([name, value]) => {
            const told = fact(name, value);
            return (
              <Fact key={name} name={told.name}>
                {told.value}
              </Fact>
            );
          })}
        </dl>
      </details>
    </section>
  );
}

/** `12 added, 3 removed` */
function sum({ created, updated, deleted }: PageTarget['writes']): string {
  const parts = [
    ...(created > 0 ? [`${number(created)} added`] : []),
    ...(updated > 0 ? [`${number(updated)} extended`] : []),
    ...(deleted > 0 ? [`${number(deleted)} removed`] : []),
  ];
  return parts.join(', ') || 'nothing';
}
