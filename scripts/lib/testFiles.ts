import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inProject } from './paths.ts';

/** The tests under a folder of the project that show panels in a browser, by their import; relative to the project. */
export function usesPanels(folder: string): string[] {
  return readdirSync(inProject(folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.posix.join(folder, file.replaceAll(path.sep, '/')))
    .filter((file) => /\/webviewHarness\/usePanels\.ts'/.test(readFileSync(inProject(file), 'utf8')));
}
