// usage: node build.ts     builds dist/page.json; does nothing when it is that of these sources already
import { ensurePage } from './page-build.ts';

const { gzip } = await ensurePage();
console.log(`page.json: ${Math.round(Buffer.byteLength(gzip, 'base64') / 1024)} kB, compressed`);
