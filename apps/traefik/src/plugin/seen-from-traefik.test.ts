import { describe, expect, it } from 'vitest';
import { addressOf } from './seen-from-traefik.ts';

describe('where the proxy reaches us', () => {
  it('is our container at the port that we listen on, unless a person says otherwise', () => {
    expect(addressOf({ address: undefined, listen: '0.0.0.0:9999' })).toBe('http://crowdsec-traefik-bouncer:9999');
    expect(addressOf({ address: undefined, listen: '[::]:80' })).toBe('http://crowdsec-traefik-bouncer:80');
    expect(addressOf({ address: 'http://10.0.0.5:1', listen: '0.0.0.0:9461' })).toBe('http://10.0.0.5:1');
  });
});
