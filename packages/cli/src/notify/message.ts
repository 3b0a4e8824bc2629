import { span } from '@bouncer/status-page';
import { notifyFormatOf, type CoreValues, type NotifyFormat } from '@bouncer/target';
import type { Notice } from './notice.ts';

/** One POST of JSON. */
export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The webhook's settings, read when they are used: the secrets may have been rotated. */
export interface Webhook {
  readonly url: string;
  readonly token: string;
  readonly format: NotifyFormat;
}

/** Whom to tell now; undefined when nobody. */
export function webhookOf({ notifyUrl, notifyToken, notifyFormat }: CoreValues): Webhook | undefined {
  if (notifyUrl === undefined) return undefined;
  const url = notifyUrl.value();
  return { url, token: notifyToken?.value() ?? '', format: notifyFormatOf(url, notifyFormat) };
}

/** A notice as the receiver wants it. */
export function messageFor(notice: Notice, webhook: Webhook): Message {
  return makers[webhook.format](notice, webhook);
}

const makers: Readonly<Record<NotifyFormat, (notice: Notice, webhook: Webhook) => Message>> = {
  ntfy: toNtfy,
  gotify: toGotify,
  json: toJson,
  apprise: toApprise,
};

/** https://docs.ntfy.sh/publish/#publish-as-json: to the root of the server, the topic in the body. */
function toNtfy(notice: Notice, { url, token }: Webhook): Message {
  const place = new URL(url);
  const topic = place.pathname.replaceAll('/', '');
  place.pathname = '/';
  const tags = [look(notice).tag];
  const body = { topic, title: notice.title, message: textOf(notice), priority: look(notice).ntfy, tags };
  return { url: place.href, headers: bearer(token), body };
}

/** https://gotify.net/docs/pushmsg: `/message`, the application's token in X-Gotify-Key. */
function toGotify(notice: Notice, { url, token }: Webhook): Message {
  const place = new URL(url);
  if (!/\/message\/?$/.test(place.pathname)) place.pathname = `${place.pathname.replace(/\/$/, '')}/message`;
  const body = { title: notice.title, message: textOf(notice), priority: look(notice).gotify };
  return { url: place.href, headers: token === '' ? {} : { 'X-Gotify-Key': token }, body };
}

/** https://github.com/caronc/apprise-api: `/notify/KEY`, or `/notify` with the addresses in the body. */
function toApprise(notice: Notice, { url, token }: Webhook): Message {
  const place = new URL(url);
  const urls = place.searchParams.get('urls');
  place.searchParams.delete('urls');
  const body = {
    ...(urls !== null && { urls }),
    title: notice.title,
    body: textOf(notice),
    type: look(notice).apprise,
    format: 'text',
  };
  return { url: place.href, headers: bearer(token), body };
}

function toJson(notice: Notice, { url, token }: Webhook): Message {
  const { isTest, type, version, verdict, before, since, at, title, lines } = notice;
  const body = {
    event: isTest ? 'test' : 'verdict',
    connector: type,
    version,
    verdict,
    before,
    since: new Date(since).toISOString(),
    at: new Date(at).toISOString(),
    title,
    message: textOf(notice),
    reasons: lines,
  };
  return { url, headers: bearer(token), body };
}

/** How loud each verdict is, in the words of each receiver. */
function look({ verdict, isTest }: Notice) {
  if (isTest) return { tag: 'test_tube', ntfy: 3, gotify: 5, apprise: 'info' };
  if (verdict === 'not-protecting') return { tag: 'rotating_light', ntfy: 4, gotify: 8, apprise: 'failure' };
  if (verdict === 'partly') return { tag: 'warning', ntfy: 3, gotify: 5, apprise: 'warning' };
  return { tag: 'white_check_mark', ntfy: 3, gotify: 4, apprise: 'success' };
}

/** Longest text of a message in characters: ntfy turns more than 4096 bytes into an attachment. */
const maxText = 1000;

function textOf({ lines, since, at }: Notice): string {
  const text = [...lines, `For ${span(at - since)}.`].join('\n');
  return text.length > maxText ? `${text.slice(0, maxText - 4)}\n...` : text;
}

function bearer(token: string): Record<string, string> {
  return token === '' ? {} : { Authorization: `Bearer ${token}` };
}
