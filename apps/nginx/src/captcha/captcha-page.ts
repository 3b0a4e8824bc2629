import { LONGEST_FORM } from './captcha-handler.ts';
import type { CaptchaOptions } from './captcha-config.ts';

/** A path of every site at which crowdsec.lua shows the page and takes its form, for what cannot show it itself. */
export const CAPTCHA_PATH = '/crowdsec-captcha';
/** Where the page sends its form: to its own path, since only that is protected for certain, with this query. */
export const CAPTCHA_MARK = '?crowdsec-captcha';
export { LONGEST_FORM };

/** The page in two halves: between them goes the path that the visitor wanted, escaped for an attribute. */
export function captchaPage({ scriptUrl, siteKey, widget }: CaptchaOptions): readonly [string, string] {
  return [
    `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>Are you a person?</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32em;padding:0 1em;color:#222;background:#fff}@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}}button{font:inherit;margin-top:1em;padding:.4em 1.2em}</style>
<script src="${escapeHtml(scriptUrl)}" async defer></script>
<h1>Are you a person?</h1>
<p>Your address has behaved like a machine that attacks computers. Solve this, and go on.</p>
<noscript><p><strong>It takes JavaScript.</strong></p></noscript>
<form method="post" action="${CAPTCHA_MARK}"><input type="hidden" name="to" value="`,
    `"><div class="${widget}" data-sitekey="${escapeHtml(siteKey)}"></div><button>Continue</button></form>
</html>
`,
  ];
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
