import { hostileSettingsSuite } from '@bouncer/sandbox';
import { connector } from '../src/connector.ts';

hostileSettingsSuite(connector, { PFSENSE_HOST: '192.168.1.1', PFSENSE_PASSWORD: 'secret' });
