import type { DecisionStream, StreamView, ViewOptions } from '@bouncer/stream';

/** What a controller needs of a decision stream. */
export interface FollowedStream
  extends StreamView, Pick<DecisionStream, 'status' | 'poll' | 'preview' | 'run' | 'skippedValues'> {
  /** What a target with decision types or an allowlist of its own follows. */
  view(options: ViewOptions): StreamView;
}
