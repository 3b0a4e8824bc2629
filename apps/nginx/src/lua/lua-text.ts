import { fillIn } from '@bouncer/target';

/** A Lua string literal of any bytes: whatever is in it, it stays inside the quotes. */
export function luaString(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  let text = '"';
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    // Three digits, so that a digit behind it cannot become part of it.
    text += isPlain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  }
  return `${text}"`;
}

/** Puts settings into the place of a Lua text that is for them, as locals. */
export function fillLua(text: string, settings: Readonly<Record<string, LuaValue>>): string {
  return fillIn(text, settings, (name, value) => `local ${name} = ${luaLiteral(value)}`);
}

type LuaValue = string | Uint8Array | number | boolean;

function luaLiteral(value: LuaValue): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : luaString(value);
}
