import { afterAll, afterEach, beforeAll } from 'vitest';
import { startHarness, type CurvesPage, type Harness } from './harness.ts';

/**
 * One browser with the built webview for all tests of a file; the pages that a test opened are closed after it. Call it at
 * the top of the file, and its result inside the tests. Files that import it run in the project `panels`, which has a browser.
 */
export function usePanels(): Harness['open'] {
  const { opener } = useHarness();
  return opener((harness) => harness.open);
}

/** The same for pages with nothing but charts. */
export function useCurves(): (...args: Parameters<Harness['openCurves']>) => Promise<CurvesPage> {
  const { opener } = useHarness();
  return opener((harness) => harness.openCurves);
}

interface Closable {
  readonly close: () => Promise<void>;
}

function useHarness() {
  let harness: Harness | undefined;
  const open = new Set<Closable>();
  beforeAll(async () => {
    harness = await startHarness();
  });
  afterEach(async () => {
    for (const page of open) await page.close();
    open.clear();
  });
  afterAll(async () => {
    await harness?.close();
  });
  return {
    opener:
      <A extends unknown[], P extends Closable>(of: (harness: Harness) => (...args: A) => Promise<P>) =>
      async (...args: A): Promise<P> => {
        if (harness === undefined) throw new Error('Panels can be opened inside tests only.');
        const page = await of(harness)(...args);
        open.add(page);
        return page;
      },
  };
}
