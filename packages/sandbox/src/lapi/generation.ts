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
  /** Durations are rounded to whole seconds; otherwise they carry nanoseconds. */
  readonly wholeSeconds: boolean;
  readonly uuid: boolean;
  /** Order of rows in an answer. */
  readonly order: 'expiry' | 'id';
  /** Of rows of one value, type and scope that end at the same moment only the first is sent; later ones send all. */
  readonly oneOfATie: boolean;
  /** One last_pull for each key and source address; otherwise one for each key. */
  readonly rowPerAddress: boolean;
  /** A new bouncer has no last_pull, so that its first pull is a full one whatever it asks. */
  readonly startsWithoutLastPull: boolean;
  /** HEAD on the stream runs the query and moves last_pull. */
  readonly headMovesLastPull: boolean;
  /** POST /v1/usage-metrics exists. */
  readonly usageMetrics: boolean;
  /** An answer is begun before the query runs, so that an error in it comes as status 200 and empty lists. */
  readonly errorsAreEmpty: boolean;
  /** Content type of the stream. */
  readonly streamType: string;
}

const json = 'application/json; charset=utf-8';

const sinceSixteen = {
  wholeSeconds: true,
  uuid: true,
  order: 'id',
  rowPerAddress: true,
  startsWithoutLastPull: true,
  headMovesLastPull: false,
  usageMetrics: true,
  oneOfATie: false,
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
    oneOfATie: true,
    errorsAreEmpty: false,
    streamType: json,
  },
  '1.6': {
    ...sinceSixteen,
    nullArrays: true,
    newFirst: false,
    alwaysChunked: false,
    errorsAreEmpty: false,
    streamType: json,
  },
  '1.7.8': {
    ...sinceSixteen,
    nullArrays: false,
    newFirst: true,
    alwaysChunked: true,
    errorsAreEmpty: true,
    streamType: 'application/json',
  },
};

/** The traits of a generation. */
export function traitsOf(generation: LapiGeneration): GenerationTraits {
  return traits[generation];
}
