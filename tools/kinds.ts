/**
 * Every kind of connector, and the file that has it: the one list that Dockerfile, workflows, README tables, tests and
 * apps/bouncer are made from or checked against. A kind is loaded only when it is used.
 */
export const kinds = {
  firewall: async () => (await import('../apps/firewall/src/kind.ts')).kind,
  haproxy: async () => (await import('../apps/haproxy/src/kind.ts')).kind,
  mikrotik: async () => (await import('../apps/mikrotik/src/kind.ts')).kind,
  nginx: async () => (await import('../apps/nginx/src/kind.ts')).kind,
  pfsense: async () => (await import('../apps/pfsense/src/kind.ts')).kind,
  traefik: async () => (await import('../apps/traefik/src/kind.ts')).kind,
} as const;

/** The name of a kind: also its folder under apps/ and its YAML group. */
export type KindName = keyof typeof kinds;
