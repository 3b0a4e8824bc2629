/** Shorter values would turn half of every line into stars, and hide nothing that matters. */
const minLength = 4;

/**
 * The last line of defence: replaces the value of every known secret in a text by `***`. The first line is that nobody
 * puts one there (see Secret).
 */
export class Redactor {
  readonly #forms = new Set<string>();

  /** From now on `secret` is hidden, also as it looks inside JSON, inside a URL and in base64. */
  add(secret: string): void {
    if (secret.length < minLength) return;
    this.#forms.add(secret);
    this.#forms.add(JSON.stringify(secret).slice(1, -1));
    this.#forms.add(new URLSearchParams({ '': secret }).toString().slice(1));
    this.#forms.add(Buffer.from(secret).toString('base64'));
  }

  hide(text: string): string {
    let hidden = text;
    for (const form of this.#forms) hidden = hidden.replaceAll(form, '***');
    return hidden;
  }
}
