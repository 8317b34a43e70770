import { buildForTests } from './builtForTests.ts';
import { browserPackages, chromiumPath } from './chromium.ts';
import { ensureBrowserHost, hostPackages } from './hostInstall.ts';
import { build, packageExtension } from './packageExtension.ts';
import { ensurePackages } from './systemPackages.ts';
import { writeTokenTable } from './tokenTable.ts';

/**
 * Something a script or a step of the tests needs before it starts.
 * - `tokens`: the table of tokens, which the sources read from dist/
 * - `built`: threads and the command line as tests run them (see builtForTests.ts)
 * - `bundles`: everything in dist/, made anew
 * - `package`: the packaged extension, made anew with its bundles
 * - `browser`: Chromium and fonts
 * - `host`: VS Code in the browser
 */
export type Need = 'tokens' | 'built' | 'bundles' | 'package' | 'browser' | 'host';

type Say = (line: string) => void;

/**
 * The system packages of these needs, all at once: an ordinary user is told of every missing one in one command
 * (see {@link ensurePackages}) before anything else takes time.
 */
export async function prepareSystem(needs: readonly Need[], say: Say = console.log): Promise<void> {
  const host = needs.includes('host') ? await hostPackages() : [];
  const browser = needs.includes('browser') ? browserPackages : [];
  await ensurePackages([...host, ...browser], say);
  // Says what is wrong with CHROME_PATH.
  if (needs.includes('browser')) chromiumPath();
}

/** Brings everything that is needed onto this machine, with progress: system packages first, then the rest. */
export async function prepare(needs: readonly Need[], say: Say = console.log): Promise<void> {
  const all = new Set(needs);
  await prepareSystem(needs, say);
  if (all.has('host')) await ensureBrowserHost(say);
  if (all.has('tokens')) writeTokenTable();
  if (all.has('built')) await buildForTests();
  if (!all.has('bundles') && !all.has('package')) return;
  say('Building the extension.');
  await build();
  if (all.has('package')) await packageExtension();
}
