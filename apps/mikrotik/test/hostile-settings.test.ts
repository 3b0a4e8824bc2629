import { hostileSettingsSuite } from '@bouncer/sandbox';
import { connector } from '../src/connector.ts';

hostileSettingsSuite(connector, {
  MIKROTIK_HOST: '192.168.88.1',
  MIKROTIK_USER: 'crowdsec',
  MIKROTIK_PASSWORD: 'secret',
});
