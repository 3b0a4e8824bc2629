/** Shorter values would turn half of every line into stars, and hide nothing that matters. */
const minLength = 4;

/** Words of our own lines: stars in their place would tell a secret that is one of them. */
const ownWords =
  'crowdsec password bouncer mikrotik pfsense opnsense nginx traefik haproxy firewall admin router device';

/**
 * The last line of defence: replaces the value of every known secret in a text by `***`. The first line is that nobody
 * puts one there (see Secret).
 */
export class Redactor {
  readonly #forms = new Set<string>();
  /** What is printed anyway. */
  readonly #public: string[] = [ownWords];

  /** From now on `secret` is hidden, also as it looks inside JSON, inside a URL and in base64. */
  add(secret: string): void {
    if (secret.length < minLength) return;
    this.#forms.add(secret);
    this.#forms.add(JSON.stringify(secret).slice(1, -1));
    this.#forms.add(new URLSearchParams({ '': secret }).toString().slice(1));
    this.#forms.add(Buffer.from(secret).toString('base64'));
  }

  /** A text that is no secret and is printed: a secret that is part of it is not hidden, for the gap would tell it. */
  know(text: string): void {
    this.#public.push(text);
  }

  hide(text: string): string {
    let hidden = text;
    for (const form of this.#forms) {
      if (hidden.includes(form) && !this.#public.some((known) => known.includes(form))) {
        hidden = hidden.replaceAll(form, '***');
      }
    }
    return hidden;
  }
}
