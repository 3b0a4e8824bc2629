import { hostileSettingsSuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

hostileSettingsSuite(kind, { PFSENSE_HOST: '192.168.1.1', PFSENSE_PASSWORD: 'secret' });
