/** A path that a browser takes for one of the same site, whatever it does with `\`, tabs and line breaks. */
const SAME_SITE = /^\/(?![/\\])[\x21-\x7e]{0,2000}$/;

/** Where to send a visitor who has solved a captcha: the path, or the front page when it is not one of the same site. */
export function returnPath(asked: string | null): string {
  return asked !== null && SAME_SITE.test(asked) ? asked : '/';
}
