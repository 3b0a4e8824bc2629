import { useEffect, useMemo, useState } from 'preact/hooks';
import type { PageStatus } from '../api.ts';
import { visible } from '../wording.ts';
import { Blocked } from './blocked.tsx';
import { BlockedChart } from './blocked-chart.tsx';
import { Changes } from './changes.tsx';
import { Device } from './device.tsx';
import { DeviceTable } from './device-table.tsx';
import { silenceTimeoutMs, useFeed, useNow } from './feed.ts';
import type { Feed } from './feed.ts';
import { Lapi } from './lapi.tsx';
import { LeftOut } from './left-out.tsx';
import { List } from './list.tsx';
import { Lookup } from './lookup.tsx';
import { Scenarios } from './scenarios.tsx';
import { Traffic } from './traffic.tsx';
import { Header, Verdict, verdictWord } from './verdict.tsx';

/** More targets than these are a table. */
const maxCards = 4;

/** The whole page. */
export function App() {
  const feed = useFeed();
  const now = useNow();
  const { status, link } = feed;
  // What was last known of a connector that says nothing any more is no news of the protection.
  const isGone = link === 'lost' || now - feed.heardAt > silenceTimeoutMs;
  const word = status && verdictWord(status, isGone);
  useEffect(() => {
    if (status) document.title = `${word}: ${visible(status.title)}`;
  }, [status?.title, word]);
  if (!status) return <Waiting isLost={isGone} />;
  return <Shown feed={feed} status={status} isGone={isGone} now={now + feed.ahead} />;
}

function Waiting({ isLost }: { readonly isLost: boolean }) {
  return (
    <main class="page">
      <h1 class="unseen">CrowdSec bouncer</h1>
      <p class="soft" role="status">
        {isLost ? 'The connector does not answer. This page tries again.' : 'Asking the connector ...'}
      </p>
    </main>
  );
}

interface ShownProps {
  readonly feed: Feed;
  readonly status: PageStatus;
  readonly isGone: boolean;
  readonly now: number;
}

function Shown({ feed, status, isGone, now }: ShownProps) {
  const { stream, targets } = status;
  const { changes, missed, history } = feed;
  const [words, setWords] = useState('');
  // What does not tell how long ago something was is drawn only when it changed, not every second.
  const blocked = useMemo(() => <Blocked status={status} />, [status]);
  const scenarios = useMemo(() => <Scenarios status={status} />, [status]);
  const aside = useMemo(
    () => (
      <div class="stack">
        <LeftOut status={status} />
        <Traffic drops={status.drops} severalDevices={targets.length > 1} />
      </div>
    ),
    [status],
  );
  const last = useMemo(
    () => <Changes changes={changes} missed={missed} severalDevices={targets.length > 1} />,
    [changes, missed, targets.length > 1],
  );
  return (
    <div class={!isGone && status.verdict === 'protecting' ? 'page protecting' : 'page'}>
      <Header status={status} link={isGone ? 'lost' : feed.link} now={now} />
      <main>
        <div class="lead">
          <Verdict status={status} isGone={isGone} now={now} />
          <Lookup now={now} seen={changes[0]?.key ?? 0} onWords={setWords} />
        </div>
        {targets.length > maxCards && <DeviceTable targets={targets} now={now} />}
        <div class="flow">
          <Lapi stream={stream} now={now} />
          {blocked}
          {targets.length <= maxCards && (
            <div class="devices">
              {targets.map((target) => (
                <Device key={target.name} target={target} now={now} />
              ))}
            </div>
          )}
        </div>
        <List text={words} setText={setWords} now={now} />
        <div class="columns">
          <BlockedChart history={history} now={now} />
          {scenarios}
        </div>
        <div class="columns">
          {last}
          {aside}
        </div>
      </main>
      <footer class="soft">
        <span>
          {status.type} {status.version}
        </span>
        <a href="plain">Plain page</a>
        <a href="status.json">status.json</a>
        <a href="metrics">metrics</a>
      </footer>
    </div>
  );
}
