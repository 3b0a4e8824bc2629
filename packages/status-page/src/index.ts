export * from './api.ts';
export { loadPage, type BuiltPage } from './built-page.ts';
export { span, visible } from './wording.ts';
