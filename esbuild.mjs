// `npm run build`: every bundle into dist/, minified, with source maps and a metafile each.
// `node esbuild.mjs --watch` rebuilds on change, without minifying.
import { mkdirSync, existsSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import esbuild from 'esbuild';
import { buildOptions, bundles } from './scripts/lib/bundles.ts';
import { thirdPartyNotices } from './scripts/lib/notices.ts';
import { inProject } from './scripts/lib/paths.ts';
import { writeTokenTable } from './scripts/lib/tokenTable.ts';

const watch = process.argv.includes('--watch');
const present = bundles.filter((bundle) => existsSync(inProject(bundle.entry)));
const missing = bundles.filter((bundle) => !present.includes(bundle));

async function buildAll() {
  // Nothing is deleted first: a running window or server may be reading the files of the last build.
  mkdirSync(inProject('dist/meta'), { recursive: true });
  const results = await Promise.allSettled(present.map((bundle) => esbuild.build(buildOptions(bundle, true))));
  const metafiles = [];
  let failed = false;
  results.forEach((result, index) => {
    const bundle = present[index];
    if (result.status === 'rejected') {
      // esbuild has printed its own errors already.
      console.error(`${bundle.entry}: not built`);
      failed = true;
      return;
    }
    const { metafile } = result.value;
    metafiles.push(metafile);
    writeFileSync(inProject(`dist/meta/${bundle.name}.json`), JSON.stringify(metafile));
    const kilobytes = metafile.outputs[bundle.outfile].bytes / 1000;
    console.log(`${bundle.outfile.padEnd(26)} ${kilobytes.toFixed(1).padStart(8)} kB`);
  });
  writeFileSync(inProject('dist/ThirdPartyNotices.txt'), thirdPartyNotices(metafiles));
  for (const bundle of missing) console.error(`${bundle.entry}: no such file, so ${bundle.outfile} was not built`);
  if (failed || missing.length > 0) process.exitCode = 1;
}

async function watchAll() {
  for (const bundle of missing) console.warn(`${bundle.entry}: no such file yet, skipped`);
  for (const bundle of present) {
    const context = await esbuild.context({ ...buildOptions(bundle, false), logLevel: 'info' });
    await context.watch();
  }
}

writeTokenTable();
await (watch ? watchAll() : buildAll());
