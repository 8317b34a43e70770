import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { inProject } from './paths.ts';
import { tokenTablePackage } from './tokenTable.ts';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly author?: string | { readonly name?: string };
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

/** The text of ThirdPartyNotices.txt: every bundled package, and the one the token table is made of, with its licence as the package itself ships it. */
export function thirdPartyNotices(metafiles: readonly Metafile[]): string {
  const folders = new Set([...bundledPackages(metafiles), tokenTablePackage]);
  const sections = [...folders].sort().map((folder) => {
    const directory = inProject(folder);
    const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as Manifest;
    const heading = `${manifest.name ?? folder} ${manifest.version ?? ''} (${manifest.license ?? 'licence not stated'})`;
    return [heading, '='.repeat(heading.length), manifest.homepage ?? '', '', licenceText(directory, manifest)].join(
      '\n',
    );
  });
  return ['Tuning Fork contains code of the packages below.', '', ...sections].join('\n') + '\n';
}

function licenceText(directory: string, manifest: Manifest): string {
  const files = existsSync(directory) ? readdirSync(directory) : [];
  const texts = files
    .filter((file) => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(file))
    .sort()
    .map((file) => readFileSync(path.join(directory, file), 'utf8').trim());
  if (texts.length > 0) return texts.join('\n\n') + '\n';
  // Some packages only name the licence in their manifest; it asks for its text all the same.
  if (manifest.license === 'MIT') return mitText(manifest.author);
  return 'The package ships no licence text.\n';
}

function mitText(author: Manifest['author']): string {
  const holder = typeof author === 'string' ? author : (author?.name ?? 'the authors');
  return `Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
}
