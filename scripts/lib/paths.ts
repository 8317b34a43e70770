import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, whatever the current directory is. */
export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** An absolute path inside the project. */
export function inProject(...parts: string[]): string {
  return path.join(projectRoot, ...parts);
}

/** Git-ignored state of `npm start` and of the browser host, when no cache of the user is writable. */
export const projectCache = inProject('.cache');

/** Reports of the test runners, screenshots and logs of failed UI tests. */
export const testResults = inProject('test-results');
