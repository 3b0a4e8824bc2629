/** The version of the connector: filled in by the build (tools/build.ts), `0.0.0` when run from source. */
export const version: string = process.env.BOUNCER_VERSION ?? '0.0.0';
