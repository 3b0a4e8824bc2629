export { Controller } from './controller.ts';
export type { FollowedStream } from './followed-stream.ts';
export { OVER_LIMIT } from './desired.ts';
export { DurationCounter, durationBounds, type DurationCounts } from './duration-counts.ts';
export type {
  ChangeEvent,
  ControllerStatus,
  Counting,
  ErrorNote,
  Holder,
  PlanResult,
  TargetOutcome,
  TargetState,
  TargetStatus,
} from './status.ts';
export type { TargetSpec } from './target-spec.ts';
