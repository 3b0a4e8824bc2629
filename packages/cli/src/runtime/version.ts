import manifest from '../../package.json' with { type: 'json' };

/** The version of all connectors: they are released together. Part of the User-Agent, which LAPI shows. */
export const version: string = manifest.version;
