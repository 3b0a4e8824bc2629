import { defineConfig } from 'vite';

// `npm run dev` beside a running connector: the page from source, everything else from there.
const connector = process.env['CONNECTOR'] ?? 'http://127.0.0.1:9460';
const paths = ['/status.json', '/history.json', '/lookup.json', '/events', '/plain', '/metrics', '/login'];

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: false, cssCodeSplit: false },
  server: { proxy: Object.fromEntries(paths.map((path) => [path, connector])) },
});
