import { versionAtLeast } from './version.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const;

/** `2026-09-28 16:48:57` since 7.10, `sep/28/2026 16:48:57` before. `wall` is milliseconds since the epoch; printed in UTC. */
export function formatDate(wall: number, version: string): string {
  const date = new Date(wall);
  const [day = '', time = ''] = date.toISOString().split('T');
  const clock = time.slice(0, 8);
  if (versionAtLeast(version, '7.10')) return `${day} ${clock}`;
  const [year = '', , dayOfMonth = ''] = day.split('-');
  return `${MONTHS[date.getUTCMonth()] ?? ''}/${dayOfMonth}/${year} ${clock}`;
}
