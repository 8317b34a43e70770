import { buildSync } from 'esbuild';
import path from 'node:path';

/** One file of a script and everything it imports: a process made of it starts in a tenth of a second. */
export function bundleScript(script: string, folder: string): string {
  const outfile = path.join(folder, `${path.basename(script, '.ts')}.mjs`);
  buildSync({
    entryPoints: [script],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
}
