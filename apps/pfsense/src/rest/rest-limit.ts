/** pfSense validates the whole alias at every change: 22 s for 50,000 entries on a PC. */
export const REST_MAX_ENTRIES = 5000;
