import type { Setting, Settings } from '@bouncer/target';

/** The settings for the main README, or those for the connector's own. */
export function settingsWhere(settings: Settings, special: boolean): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, setting]) => (setting.special === true) === special));
}

/** The README table of some settings: variable and aliases, default, meaning. Ends with a line break. */
export function settingsTable(settings: Settings): string {
  const rows = Object.values(settings).map(
    (setting) => `| ${names(setting)} | ${defaultOf(setting)} | ${cell(setting.help)} |`,
  );
  return `${['| variable (aliases) | default | meaning |', '|---|---|---|', ...rows].join('\n')}\n`;
}

function names({ env, aliases = [] }: Setting): string {
  if (aliases.length === 0) return `\`${env}\``;
  return `\`${env}\` (${aliases.map((alias) => `\`${alias}\``).join(', ')})`;
}

function defaultOf(setting: Setting): string {
  if (setting.defaultNote !== undefined) return cell(setting.defaultNote);
  if (setting.required === true) return 'required';
  if (setting.required !== undefined) return cell(`required, ${setting.required}`);
  if (setting.default === undefined || setting.default === '') return '-';
  return `\`${cell(String(setting.default))}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
