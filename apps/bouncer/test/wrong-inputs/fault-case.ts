import type { World } from './world.ts';

type Environment = Readonly<Record<string, string>>;

/** Something on the way to the block that is wrong, as `check` finds it. */
export interface FaultCase {
  readonly name: string;
  /** The image; default mikrotik. */
  readonly app?: string;
  /** Makes it wrong; gives what is changed of a sound environment. */
  wrong(world: World): Environment | Promise<Environment>;
  /** The one step that fails; or warns, where `level` says so. */
  readonly step: string;
  readonly level?: 'warn';
  readonly cause: RegExp;
  /** What is proposed; its group is what a person takes over. */
  readonly fix: RegExp;
  /** Does what is proposed; gives what is changed of the wrong environment. */
  follow(proposal: string, world: World): Environment | Promise<Environment>;
  /** Puts the world right again for the next one. */
  after?(world: World): void | Promise<void>;
}
