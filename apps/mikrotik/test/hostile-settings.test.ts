import { hostileSettingsSuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

hostileSettingsSuite(kind, {
  MIKROTIK_HOST: '192.168.88.1',
  MIKROTIK_USER: 'crowdsec',
  MIKROTIK_PASSWORD: 'secret',
});
