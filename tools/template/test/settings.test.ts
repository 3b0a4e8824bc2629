import { hostileSettingsSuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

/** Whatever stands in a setting: it is taken or refused in one line, and breaks nothing that is printed. */
hostileSettingsSuite(kind, { EXAMPLE_HOST: '192.0.2.1', EXAMPLE_PASSWORD: 'secret' });
