import { describe, expect, it } from 'vitest';
import { exposureStep } from './exposure-step.ts';

describe('a page that is open to the world', () => {
  it.each(['0.0.0.0:9460', '[::]:9460', ':9460', '192.168.1.2:9460', 'box.lan:9460'])('%s is a warning', (listen) => {
    expect(exposureStep(listen, '', false)).toMatchObject({
      level: 'warn',
      fix: expect.stringContaining('HTTP_TOKEN') as string,
    });
    expect(exposureStep(listen, 'a token', false)).toBeUndefined();
    expect(exposureStep(listen, '', true)).toBeUndefined();
  });

  it.each(['off', '127.0.0.1:9460', '127.8.0.1:1', '[::1]:9460', 'localhost:9460'])('%s is none', (listen) => {
    expect(exposureStep(listen, '', false)).toBeUndefined();
  });
});
