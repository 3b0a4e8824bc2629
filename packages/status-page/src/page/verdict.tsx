import type { PageStatus, PageTarget } from '../api.ts';
import { span, visible } from '../wording.ts';
import type { Link } from './feed.ts';
import { ago, plural } from './format.ts';
import { Mark, State } from './mark.tsx';
import type { Mood } from './mark.tsx';

const links: Readonly<Record<Link, { readonly mood: Mood; readonly word: string }>> = {
  connecting: { mood: 'wait', word: 'Connecting' },
  live: { mood: 'good', word: 'Live' },
  lost: { mood: 'bad', word: 'Connector not answering' },
};

/** Who this is, how long it has been up, and whether the page still hears from it. */
export function Header({
  status,
  link,
  now,
}: {
  readonly status: PageStatus;
  readonly link: Link;
  readonly now: number;
}) {
  const { mood, word } = links[link];
  return (
    <header class="top">
      <svg class="shield" viewBox="0 0 24 26" width="26" height="28" aria-hidden="true">
        <path d="M12 .8 22.500 4.600v8C22.500 19 18 23.800 12 25.400 6 23.800 1.500 19 1.500 12.600v-8z" />
        <path class="stroke" d="M6.500 13h11" />
      </svg>
      <div>
        <h1>{status.title}</h1>
        <p class="soft">CrowdSec bouncer, up {span(now - status.startedAt)}</p>
      </div>
      <div class="link" role="status">
        <State mood={mood}>{word}</State>
      </div>
    </header>
  );
}

/** Whether the protection is what it should be, in one line, and if not, why. */
export function Verdict({ status, now }: { readonly status: PageStatus; readonly now: number }) {
  const { ready, reasons, blocked, stream, targets } = status;
  return (
    <section class="verdict" aria-labelledby="verdict">
      <h2 id="verdict" aria-live="polite" class={ready ? 'good' : 'bad'}>
        <Mark mood={ready ? 'good' : 'bad'} />
        {ready ? 'Protecting' : 'Not in step'}
      </h2>
      {ready ? (
        <p>
          {plural(blocked, 'network')} blocked {where(targets)}. CrowdSec was asked {ago(stream.lastPullAt, now)}.
        </p>
      ) : (
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{visible(reason)}</li>
          ))}
        </ul>
      )}
      {!ready && blocked > 0 && <p class="soft">What is blocked stays blocked until its own end.</p>}
    </section>
  );
}

function where(targets: readonly PageTarget[]): string {
  const [only] = targets;
  return targets.length === 1 && only ? `on ${visible(only.name)}` : `on ${plural(targets.length, 'device')}`;
}
