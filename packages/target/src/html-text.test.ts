import { expect, it } from 'vitest';
import { fillHtml } from './html-text.ts';

it('keeps every value text, between tags and in attributes', () => {
  const page = '<p title="{{a}}">{{b}}</p>';
  expect(fillHtml(page, { a: '"\'>', b: '<&{{a}}$&' })).toBe('<p title="&quot;&#39;&gt;">&lt;&amp;{{a}}$&amp;</p>');
});

it('takes the values that the page has places for, and no others', () => {
  expect(() => fillHtml('{{a}}', {})).toThrow('the page wants a');
  expect(() => fillHtml('', { a: '' })).toThrow('no place for a');
});
