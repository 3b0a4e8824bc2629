import { runConnector } from '@bouncer/connector/run-connector';

// Loaded late, so that the health check of the image stays light and a lean restart costs next to nothing.
void runConnector(async () => (await import('./connector.ts')).connector, {
  type: 'crowdsec-mikrotik-bouncer',
  jit: false,
});
