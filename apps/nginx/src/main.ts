import { runBouncer } from '@bouncer/cli/run-bouncer';

void runBouncer(async () => (await import('./kind.ts')).kind, { type: 'crowdsec-nginx-bouncer' });
