import { useEffect, useState } from 'preact/hooks';
import type { PageChange, PageChanges, PageHistory, PageStatus } from '../api.ts';
import { noHistory, withPoint } from './series.ts';
import type { History } from './series.ts';

/** A change as the page keeps it. */
export interface SeenChange extends PageChange {
  /** A number of its own, for lists. */
  readonly key: number;
  /** True when it came by itself or with few: then it is worth a look. */
  readonly isNews: boolean;
}

/** How the page gets its news. */
export type Link = 'connecting' | 'live' | 'lost';

/** Everything that the page shows. */
export interface Feed {
  readonly link: Link;
  readonly status: PageStatus | undefined;
  /** What the connector's clock is ahead of this browser's, in milliseconds. */
  readonly ahead: number;
  readonly history: History;
  /** When the connector was last heard of, in milliseconds of this browser's clock. */
  readonly heardAt: number;
  /** Newest first. */
  readonly changes: readonly SeenChange[];
  /** Changes that came too fast to be told, since the page was opened. */
  readonly missed: number;
}

/** A connector that says nothing for so long, in milliseconds, does not answer. It speaks every five seconds. */
export const silenceTimeoutMs = 15_000;
/** Changes shown. */
const maxChanges = 50;
/** With more than so many at once none is pointed out. */
const maxNews = 8;
/** When there is no stream (too many listeners, a proxy that holds it back), the state is fetched so often, in milliseconds. */
const fetchIntervalMs = 5000;

let lastKey = 0;

/** Follows the connector, whether the page is looked at or not: its title says how the protection is. */
export function useFeed(): Feed {
  const [feed, setFeed] = useState<Feed>({
    link: 'connecting',
    status: undefined,
    ahead: 0,
    heardAt: Date.now(),
    history: noHistory,
    changes: [],
    missed: 0,
  });
  useEffect(() => follow(setFeed), []);
  return feed;
}

type Update = (change: (feed: Feed) => Feed) => void;

function follow(update: Update): () => void {
  let events: EventSource | undefined;
  let timer = 0;

  async function load(): Promise<void> {
    try {
      const [status, history] = await Promise.all([
        get<PageStatus & { changes: readonly PageChange[] }>('status.json'),
        get<PageHistory>('history.json'),
      ]);
      update((feed) => ({
        ...seen(feed, status),
        history: withPoint({ ...history, live: [] }, status),
        changes: keyed(status.changes.slice(0, maxChanges), false),
      }));
    } catch {
      update((feed) => ({ ...feed, link: 'lost' }));
    }
  }

  function open(): void {
    events = new EventSource('events');
    // After a break everything is asked for again: what happened meanwhile was not told.
    events.addEventListener('open', () => {
      update((feed) => ({ ...feed, link: 'live', heardAt: Date.now() }));
      void load();
    });
    events.addEventListener('status', ({ data }: MessageEvent<string>) => {
      const { now, status } = JSON.parse(data) as { now: number; status: PageStatus };
      update((feed) => withStatus(feed, { ...status, now }));
    });
    events.addEventListener('beat', () => {
      update((feed) => ({ ...feed, link: 'live', heardAt: Date.now() }));
    });
    events.addEventListener('changes', ({ data }: MessageEvent<string>) => {
      const { changes, missed } = JSON.parse(data) as PageChanges;
      update((feed) => ({
        ...feed,
        changes: [...keyed(changes, changes.length <= maxNews), ...feed.changes].slice(0, maxChanges),
        missed: feed.missed + missed,
      }));
    });
    events.addEventListener('error', () => {
      // The browser tries again by itself, unless it was refused.
      if (events?.readyState !== EventSource.CLOSED) {
        update((feed) => ({ ...feed, link: 'lost' }));
        return;
      }
      clearInterval(timer);
      void load();
      timer = window.setInterval(() => void load(), fetchIntervalMs);
    });
  }

  open();
  return () => {
    events?.close();
    clearInterval(timer);
  };
}

/** JSON of the connector. A session that has ended asks for the sign-in. */
export async function get<T>(path: string): Promise<T> {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(silenceTimeoutMs) });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as T;
}

function seen(feed: Feed, status: PageStatus): Feed {
  // By the stream or by asking again and again: it answers.
  return { ...feed, link: 'live', heardAt: Date.now(), status, ahead: status.now - Date.now() };
}

function withStatus(feed: Feed, status: PageStatus): Feed {
  return { ...seen(feed, status), history: withPoint(feed.history, status) };
}

function keyed(changes: readonly PageChange[], isNews: boolean): SeenChange[] {
  return changes.map((change) => {
    lastKey += 1;
    return { ...change, key: lastKey, isNews };
  });
}

/** This browser's time, once a second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => {
      setNow(Date.now());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return now;
}
