import type { PageStatus, PageTarget, PageVerdict } from '../api.ts';
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
        <p class="name">{visible(status.title)}</p>
        <p class="soft">CrowdSec bouncer, up {span(now - status.startedAt)}</p>
      </div>
      <div class="link" role="status">
        <State mood={mood}>{word}</State>
      </div>
    </header>
  );
}

const verdicts: Readonly<Record<PageVerdict, { readonly mood: Mood; readonly word: string }>> = {
  protecting: { mood: 'good', word: 'Protecting' },
  partly: { mood: 'wait', word: 'Partly protecting' },
  'not-protecting': { mood: 'bad', word: 'Not protecting' },
  starting: { mood: 'wait', word: 'Starting' },
  'dry-run': { mood: 'wait', word: 'Dry run' },
};

/** The verdict for the heading and the title. Of a connector that does not answer nobody knows that it protects. */
export function verdictWord({ verdict }: PageStatus, isGone: boolean): string {
  return verdicts[isGone ? 'not-protecting' : verdict].word;
}

interface VerdictProps {
  readonly status: PageStatus;
  /** True when the connector does not answer. */
  readonly isGone: boolean;
  readonly now: number;
}

/** Whether the protection is what it should be, in one line, and what there is to say about it. */
export function Verdict({ status, isGone, now }: VerdictProps) {
  const { reasons, blocked, stream, targets } = status;
  const verdict = isGone ? 'not-protecting' : status.verdict;
  const { mood, word } = verdicts[verdict];
  return (
    <section class="verdict" aria-labelledby="verdict">
      <h1 id="verdict" aria-live="polite" class={mood}>
        <Mark mood={mood} />
        {word}
      </h1>
      {isGone && <p>The connector does not answer. What this page shows is from {ago(status.now, now)}.</p>}
      {verdict !== 'dry-run' && (
        <p>
          {plural(blocked, 'network')} {isGone ? 'were' : blocked === 1 ? 'is' : 'are'}{' '}
          {verdict === 'not-protecting' && !isGone ? 'held' : 'blocked'} {where(targets)}.
          {stream.state !== 'unasked' && ` CrowdSec was asked ${ago(stream.lastPullAt, now)}.`}
        </p>
      )}
      {!isGone && <Stopped drops={status.drops} />}
      {!isGone && reasons.length > 0 && (
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{visible(reason)}</li>
          ))}
        </ul>
      )}
      {isGone && blocked > 0 && <p class="soft">What is blocked stays blocked until its own end.</p>}
    </section>
  );
}

/** What was turned away, in a sentence; where no device counts there is none. */
function Stopped({ drops }: { readonly drops: PageStatus['drops'] }) {
  const packets = drops.reduce((sum, each) => sum + each.packets, 0);
  const requests = drops.reduce((sum, each) => sum + (each.requests ?? 0), 0);
  const parts = [
    ...(packets > 0 ? [plural(packets, 'packet')] : []),
    ...(requests > 0 ? [plural(requests, 'request')] : []),
  ];
  return parts.length === 0 ? null : <p>{parts.join(' and ')} turned away so far.</p>;
}

function where(targets: readonly PageTarget[]): string {
  const [only] = targets;
  if (targets.length === 1 && only) return `on ${visible(only.name)}`;
  return `on each of ${plural(targets.length, 'device')}`;
}
