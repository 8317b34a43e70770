import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import esbuild from 'esbuild';
import { buildOptions, bundles } from '../../../scripts/lib/bundles.ts';
import { inProject } from '../../../scripts/lib/paths.ts';

/** The command line as it is now, bundled: read from source it takes seconds to start on a busy machine. */
export function bundleCli(): { readonly main: string; readonly remove: () => void } {
  const found = bundles.find(({ entry }) => entry === 'src/cli/main.ts');
  if (!found) throw new Error('There is no bundle of the command line.');
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-cli-bundle-'));
  const main = path.join(folder, 'cli.mjs');
  esbuild.buildSync({ ...buildOptions(found, false), outfile: main });
  cpSync(inProject('dist/o200k.bin'), path.join(folder, 'o200k.bin'));
  return {
    main,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
