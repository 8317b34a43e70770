import { afterAll, afterEach, beforeAll } from 'vitest';
import { startHarness, type Harness, type PanelPage } from './harness.ts';

/**
 * One browser with the built webview for all tests of a file; the pages that a test opened are closed after it. Call it at
 * the top of the file, and its result inside the tests. Files that import it run in the project `panels`, which has a browser.
 */
export function usePanels(): Harness['open'] {
  let harness: Harness | undefined;
  const open = new Set<PanelPage>();
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterEach(async () => {
    for (const panel of open) await panel.close();
    open.clear();
  });
  afterAll(async () => {
    await harness?.close();
  });
  return async (...args) => {
    if (harness === undefined) throw new Error('Panels can be opened inside tests only.');
    const panel = await harness.open(...args);
    open.add(panel);
    return panel;
  };
}
