export * from './api.ts';
export { loadPage, type BuiltPage } from './built-page.ts';
