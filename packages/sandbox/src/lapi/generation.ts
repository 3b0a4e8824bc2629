/**
 * Generations of CrowdSec's LAPI that differ on the wire. `1.4` is Debian's 1.4.6 (verified by running it), `1.6`
 * stands for 1.6.4 to 1.7.7, `1.7.8` for 1.7.8 and master (both read in source).
 */
export type LapiGeneration = '1.4' | '1.6' | '1.7.8';

/** All generations, oldest first: for tests that run over each of them. */
export const lapiGenerations: readonly LapiGeneration[] = ['1.4', '1.6', '1.7.8'];

/** What a bouncer can see of a generation. */
export interface GenerationTraits {
  /** Empty arrays are sent as `null`. */
  readonly nullArrays: boolean;
  /** `new` comes before `deleted`. */
  readonly newFirst: boolean;
  /** Small answers are chunked as well. */
  readonly alwaysChunked: boolean;
  /** Durations are cut to whole seconds; otherwise they carry nanoseconds. */
  readonly wholeSeconds: boolean;
  readonly uuid: boolean;
  /** Order of rows in an answer. */
  readonly order: 'expiry' | 'id';
  /** One last_pull for each key and source address; otherwise one for each key. */
  readonly rowPerAddress: boolean;
  /** A new bouncer has no last_pull, so that its first pull is a full one whatever it asks. */
  readonly startsWithoutLastPull: boolean;
  /** HEAD on the stream runs the query and moves last_pull. */
  readonly headMovesLastPull: boolean;
  /** POST /v1/usage-metrics exists. */
  readonly usageMetrics: boolean;
}

const sinceSixteen = {
  wholeSeconds: true,
  uuid: true,
  order: 'id',
  rowPerAddress: true,
  startsWithoutLastPull: true,
  headMovesLastPull: false,
  usageMetrics: true,
} as const;

const traits: Readonly<Record<LapiGeneration, GenerationTraits>> = {
  '1.4': {
    nullArrays: true,
    newFirst: false,
    alwaysChunked: false,
    wholeSeconds: false,
    uuid: false,
    order: 'expiry',
    rowPerAddress: false,
    startsWithoutLastPull: false,
    headMovesLastPull: true,
    usageMetrics: false,
  },
  '1.6': { ...sinceSixteen, nullArrays: true, newFirst: false, alwaysChunked: false },
  '1.7.8': { ...sinceSixteen, nullArrays: false, newFirst: true, alwaysChunked: true },
};

/** The traits of a generation. */
export function traitsOf(generation: LapiGeneration): GenerationTraits {
  return traits[generation];
}
