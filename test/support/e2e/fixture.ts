import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { VsCodeWindow, type WindowOptions } from './window.ts';

/**
 * One window for all tests of a file, opened before the first and closed after the last, with a picture in test-results
 * for every test that fails. Call it at the top of the file; call what it returns inside the tests.
 */
export function useWindow(options: () => WindowOptions | Promise<WindowOptions>): () => VsCodeWindow {
  let window: VsCodeWindow | undefined;
  beforeAll(async () => {
    window = await VsCodeWindow.open(await options());
  });
  beforeEach(({ task, onTestFailed }) => {
    onTestFailed(() => window?.keepEvidence(task.name));
  });
  afterAll(async () => {
    await window?.close();
  });
  return () => {
    if (window === undefined) throw new Error('The window is open inside tests only.');
    return window;
  };
}

/** A temporary folder with these files (path → text), deleted after the last test of the file. */
export async function temporaryWorkspace(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-workspace-'));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return folder;
}
