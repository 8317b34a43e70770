// `npm run build`: every bundle into dist/, minified, with source maps and a metafile each.
// `npm run build -- --watch` rebuilds on change, without minifying.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import esbuild, { type Metafile } from 'esbuild';
import { buildOptions, bundles, type Bundle } from './lib/bundles.ts';
import { thirdPartyNotices } from './lib/notices.ts';
import { inProject } from './lib/paths.ts';
import { buildSplit, bytesAtOnce } from './lib/splitBundle.ts';
import { writeTokenTable } from './lib/tokenTable.ts';

const watch = process.argv.includes('--watch');
const present = bundles.filter((bundle) => existsSync(inProject(bundle.entry)));
const missing = bundles.filter((bundle) => !present.includes(bundle));

async function buildAll(): Promise<void> {
  // Nothing is deleted first: a running window or server may be reading the files of the last build.
  mkdirSync(inProject('dist/meta'), { recursive: true });
  const results = await Promise.allSettled(
    present.map(async (bundle) => ({ bundle, ...(await (bundle.split ? writeParts(bundle) : writeWhole(bundle))) })),
  );
  const metafiles: Metafile[] = [];
  const failed = results.some(({ status }) => status === 'rejected');
  results.forEach((result, index) => {
    if (result.status === 'rejected') {
      // esbuild has printed its own errors already.
      console.error(`${present[index]?.entry ?? ''}: not built`);
      return;
    }
    const { bundle, metafile, bytes } = result.value;
    metafiles.push(metafile);
    writeFileSync(inProject(`dist/meta/${bundle.name}.json`), JSON.stringify(metafile));
    const kilobytes = bytes / 1000;
    const more = bundle.split ? ' at once, the rest on first use' : '';
    console.log(`${bundle.outfile.padEnd(26)} ${kilobytes.toFixed(1).padStart(8)} kB${more}`);
  });
  writeFileSync(inProject('dist/ThirdPartyNotices.txt'), thirdPartyNotices(metafiles));
  for (const bundle of missing) console.error(`${bundle.entry}: no such file, so ${bundle.outfile} was not built`);
  if (failed || missing.length > 0) process.exitCode = 1;
}

interface Built {
  readonly metafile: Metafile;
  /** Read when the bundle is loaded; without the parts that are loaded on first use. */
  readonly bytes: number;
}

async function writeWhole(bundle: Bundle): Promise<Built> {
  const { metafile } = await esbuild.build(buildOptions(bundle, true));
  return { metafile, bytes: metafile.outputs[bundle.outfile]?.bytes ?? 0 };
}

/** Writes the parts of a bundle; those of an earlier build, whose names tell their content, go. */
async function writeParts(bundle: Bundle): Promise<Built> {
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

async function watchAll(): Promise<void> {
  for (const bundle of missing) console.warn(`${bundle.entry}: no such file yet, skipped`);
  for (const bundle of present) {
    const context = await esbuild.context({ ...buildOptions(bundle, false), logLevel: 'info' });
    await context.watch();
  }
}

writeTokenTable();
await (watch ? watchAll() : buildAll());
