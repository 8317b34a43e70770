import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { inProject } from './paths.ts';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly homepage?: string;
}

/** The folders of all packages with at least one byte in the bundles, relative to the project, sorted. */
export function bundledPackages(metafiles: readonly Metafile[]): string[] {
  const folders = new Set<string>();
  for (const metafile of metafiles) {
    for (const output of Object.values(metafile.outputs)) {
      for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
        const folder = packageFolder(input);
        if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
      }
    }
  }
  return [...folders].sort();
}

/** `node_modules/a/node_modules/@b/c/lib/x.js` → `node_modules/a/node_modules/@b/c`; undefined for a file of our own. */
export function packageFolder(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

/** The text of ThirdPartyNotices.txt: every bundled package with its licence as the package itself ships it. */
export function thirdPartyNotices(metafiles: readonly Metafile[]): string {
  const sections = bundledPackages(metafiles).map((folder) => {
    const directory = inProject(folder);
    const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as Manifest;
    const heading = `${manifest.name ?? folder} ${manifest.version ?? ''} (${manifest.license ?? 'licence not stated'})`;
    return [heading, '='.repeat(heading.length), manifest.homepage ?? '', '', licenceText(directory)].join('\n');
  });
  return ['Tuning Fork contains code of the packages below.', '', ...sections].join('\n') + '\n';
}

function licenceText(directory: string): string {
  const files = existsSync(directory) ? readdirSync(directory) : [];
  const texts = files
    .filter((file) => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(file))
    .sort()
    .map((file) => readFileSync(path.join(directory, file), 'utf8').trim());
  return texts.length > 0 ? texts.join('\n\n') + '\n' : 'The package ships no licence text.\n';
}
