// usage: node tools/releasing/platforms.ts
// Writes packaging/platforms (Unraid, TrueNAS, Portainer, Home Assistant) from the kinds' settings; a test compares.
import path from 'node:path';
import { writePlatforms } from './platform-files.ts';
import { platformFiles, unpublished } from './platforms/all-platforms.ts';

await writePlatforms(path.resolve(import.meta.dirname, '../../packaging/platforms'), await platformFiles(unpublished));
