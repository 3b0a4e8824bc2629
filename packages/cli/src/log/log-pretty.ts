const colours: Readonly<Record<string, string>> = {
  debug: '\u001b[90m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
};
const plain = '\u001b[0m';

/**
 * A JSON log line for a person: `21:04:05 info  written to the device  target="mikrotik r1" created=3`.
 * Values are JSON when they hold anything but plain letters, so no text of others can fake a line or move the cursor.
 */
export function prettyLine(json: string, colour: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const word = typeof level === 'string' ? level : 'info';
  const label = colour ? `${colours[word] ?? ''}${word.padEnd(5)}${plain}` : word.padEnd(5);
  const clock = typeof time === 'string' ? time.slice(11, 19) : '';
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${printed(value)}`);
  return `${clock} ${label} ${typeof msg === 'string' ? msg : ''}${rest.length > 0 ? ' ' : ''}${rest.join('')}\n`;
}

function printed(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+,%-]+$/.test(value) ? value : escaped(JSON.stringify(value));
}

/** JSON leaves DEL and the C1 controls as they are; a terminal obeys some of them. */
function escaped(json: string): string {
  return json.replaceAll(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
