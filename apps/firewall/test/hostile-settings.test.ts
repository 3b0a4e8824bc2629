import { hostileSettingsSuite } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

hostileSettingsSuite(kind, {});
