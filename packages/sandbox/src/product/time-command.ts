/** What a connector that was started with a `speed` can be told about its time and its memory. */
export interface TimeCommand {
  /** Sets the wall clock by so many milliseconds, forward or back; the monotonic clock does not notice. */
  readonly setWall?: number;
  /** Both clocks leap so many milliseconds, and whoever sleeps through them wakes. Time limits under way stay. */
  readonly skip?: number;
  /** It allocates until V8 gives up (`--max-old-space-size` says when). */
  readonly runOutOfMemory?: boolean;
}
