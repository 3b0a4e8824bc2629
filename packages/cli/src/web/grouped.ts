/**
 * A number with its thousands apart and at most three decimals: `100,001`, `0.5`. `toLocaleString` would load ICU's data:
 * 5 MB for a comma.
 */
export function grouped(value: number): string {
  const [whole = '', ...decimals] = String(Math.round(value * 1000) / 1000).split('.');
  return [whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ','), ...decimals].join('.');
}
