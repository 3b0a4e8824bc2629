import { hostileSettingsSuite } from '@bouncer/sandbox';
import { connector } from '../src/connector.ts';

hostileSettingsSuite(connector, {});
