import { runConnector } from '@bouncer/connector/run-connector';

void runConnector(async () => (await import('./connector.ts')).connector, { type: 'crowdsec-firewall-bouncer' });
