// The model of LAPI and of a device, for the tests of other packages, too.
export * from './model-device.ts';
export * from './model-lapi.ts';
