import { describe, expect, it } from 'vitest';
import { loadSample } from './testing.ts';

describe('variables with our prefix that are no settings', () => {
  it.each([
    ['SAMPLE_HOSTS', 'SAMPLE_HOSTS: is not a setting and is ignored; did you mean SAMPLE_HOST?'],
    ['CROWDSEC_API_ULR', 'CROWDSEC_API_ULR: is not a setting and is ignored; did you mean CROWDSEC_API_URL?'],
    ['SAMPLE_COMPLETELY_DIFFERENT', 'SAMPLE_COMPLETELY_DIFFERENT: is not a setting and is ignored'],
  ])('%s is told', async (variable, warning) => {
    expect((await loadSample({ [variable]: 'x' })).warnings).toEqual([warning]);
  });

  it.each([
    ['CROWDSEC_SERVICE_HOST', '10.0.0.7'],
    ['CROWDSEC_SERVICE_PORT_LAPI', '8080'],
    ['CROWDSEC_PORT', 'tcp://10.0.0.7:8080'],
    ['CROWDSEC_PORT_8080_TCP_ADDR', '10.0.0.7'],
    ['CROWDSEC_FEATURE_CHUNKED_DECISIONS_STREAM', 'true'],
    ['SAMPLE_PASSWORD_FILE_UNUSED_', ''],
    ['OTHER_HOST', 'x'],
    ['MIKROTIK_HOST', 'x'],
  ])("%s is somebody else's or empty", async (variable, value) => {
    expect((await loadSample({ [variable]: value })).warnings).toEqual([]);
  });

  it('takes the file form of a setting for known', async () => {
    expect((await loadSample({ SAMPLE_HOST_FILE: ' ', CROWDSEC_CA_FILE: '' })).warnings).toEqual([]);
  });
});
