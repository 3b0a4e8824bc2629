/**
 * Generations of CrowdSec's LAPI that differ on the wire. `1.4` is Debian's 1.4.6, `1.6` stands for 1.6.4 to 1.7.7,
 * `1.7.8` for 1.7.8 and master. 1.4.6 and 1.7.8 were run beside the stand-in, `1.6` was read in source.
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
  /** The stream names a uuid; GET /v1/decisions does not. */
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
  /** HEAD leaves no trace of who asked: no address, type or version, no row of its own. */
  readonly headIsNobody: boolean;
  /** POST /v1/usage-metrics exists. */
  readonly usageMetrics: boolean;
  /** The machines' routes for allow-lists exist. */
  readonly allowlists: boolean;
  /** `scope` counts as `scopes`. */
  readonly scopeToo: boolean;
  /** A bad filter is quoted in the error. */
  readonly wordyErrors: boolean;
  /** 405 says in `Allow` what would do. */
  readonly namesMethods: boolean;
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
  headIsNobody: true,
  usageMetrics: true,
  allowlists: true,
  scopeToo: true,
  wordyErrors: true,
  namesMethods: true,
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
    headIsNobody: false,
    usageMetrics: false,
    allowlists: false,
    scopeToo: false,
    wordyErrors: false,
    namesMethods: false,
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

/** The generation of a version such as `v1.4.6-6~deb12u1+b1-debian`. Throws RangeError on one that none stands for. */
export function generationOf(version: string): LapiGeneration {
  const numbers = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const [major = 0, minor = 0, patch = 0] = numbers;
  const order = major * 1e6 + minor * 1e3 + patch;
  if (order >= 1_007_008) return '1.7.8';
  if (order >= 1_006_004) return '1.6';
  if (major === 1 && minor === 4) return '1.4';
  throw new RangeError(`no generation of the stand-in is like LAPI ${version}`);
}
