// `npm run build`: every bundle into dist/, minified, with source maps and a metafile each.
// `node esbuild.mjs --watch` rebuilds on change, without minifying.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import esbuild from 'esbuild';
import { buildOptions, bundles } from './scripts/lib/bundles.ts';
import { thirdPartyNotices } from './scripts/lib/notices.ts';
import { inProject } from './scripts/lib/paths.ts';
import { buildSplit, bytesAtOnce } from './scripts/lib/splitBundle.ts';
import { writeTokenTable } from './scripts/lib/tokenTable.ts';

const watch = process.argv.includes('--watch');
const present = bundles.filter((bundle) => existsSync(inProject(bundle.entry)));
const missing = bundles.filter((bundle) => !present.includes(bundle));

async function buildAll() {
  // Nothing is deleted first: a running window or server may be reading the files of the last build.
  mkdirSync(inProject('dist/meta'), { recursive: true });
  const results = await Promise.allSettled(
    present.map((bundle) => (bundle.split ? writeParts(bundle) : esbuild.build(buildOptions(bundle, true)))),
  );
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
    const bytes = result.value.bytes ?? metafile.outputs[bundle.outfile].bytes;
    const kilobytes = bytes / 1000;
    const more = bundle.split ? ' at once, the rest on first use' : '';
    console.log(`${bundle.outfile.padEnd(26)} ${kilobytes.toFixed(1).padStart(8)} kB${more}`);
  });
  writeFileSync(inProject('dist/ThirdPartyNotices.txt'), thirdPartyNotices(metafiles));
  for (const bundle of missing) console.error(`${bundle.entry}: no such file, so ${bundle.outfile} was not built`);
  if (failed || missing.length > 0) process.exitCode = 1;
}

/** Writes the parts of a bundle; those of an earlier build, whose names tell their content, go. */
async function writeParts(bundle) {
  const built = await buildSplit(bundle);
  const { metafile, files } = built;
  for (const { file, text, map } of files) {
    writeFileSync(inProject(file), text);
    writeFileSync(inProject(`${file}.map`), map);
  }
  const { dir, name } = path.parse(bundle.outfile);
  const fresh = new Set(files.flatMap(({ file }) => [path.basename(file), `${path.basename(file)}.map`]));
  for (const file of readdirSync(inProject(dir)))
    if (file.startsWith(`${name}-`) && !fresh.has(file)) rmSync(inProject(`${dir}/${file}`));
  return { metafile, bytes: bytesAtOnce(built, bundle.outfile) };
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
