import type { PageStream } from '../api.ts';
import { span } from '../wording.ts';
import { ago, number } from './format.ts';
import { State } from './mark.tsx';
import type { Mood } from './mark.tsx';
import { Fact, Trouble } from './parts.tsx';

const states: Readonly<Record<PageStream['state'], { readonly mood: Mood; readonly word: string }>> = {
  starting: { mood: 'wait', word: 'First pull under way' },
  ok: { mood: 'good', word: 'Answering' },
  failing: { mood: 'bad', word: 'Not answering' },
  unasked: { mood: 'wait', word: 'Not asked' },
};

/** Where the decisions come from. */
export function Lapi({ stream, now }: { readonly stream: PageStream; readonly now: number }) {
  const { mood, word } = states[stream.state];
  const failures = Object.entries(stream.failures);
  // A mode in which somebody else asks LAPI: nothing is pulled, and nothing can fail.
  const isAsked = stream.state !== 'unasked';
  return (
    <section class="card" aria-labelledby="lapi">
      <h2 id="lapi">CrowdSec LAPI</h2>
      {!isAsked && <p class="soft">Not asked in this mode: the device asks LAPI by itself.</p>}
      {isAsked && (
        <>
          <State mood={mood}>{word}</State>
          {stream.lastError && <Trouble error={stream.lastError} now={now} />}
          <dl>
            <Fact name="Last pull">{ago(stream.lastPullAt, now)}</Fact>
            {stream.nextPullAt !== undefined && (
              <Fact name="Next pull">{stream.nextPullAt > now ? `in ${span(stream.nextPullAt - now)}` : 'now'}</Fact>
            )}
            <Fact name="Last full pull">{ago(stream.lastFullAt, now)}</Fact>
            <Fact name="Pulls">
              {number(stream.pulls)} <span class="soft">({number(stream.fullPulls)} full)</span>
            </Fact>
            {failures.map(([kind, count]) => (
              <Fact key={kind} name={`Failed: ${kind}`}>
                {number(count)}
              </Fact>
            ))}
            {stream.lapiVersion !== undefined && <Fact name="Version, by its answers">{stream.lapiVersion}</Fact>}
            <Fact name="Live decisions">{number(stream.decisions)}</Fact>
          </dl>
        </>
      )}
    </section>
  );
}
