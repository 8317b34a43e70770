import path from 'node:path';
import esbuild, { type Metafile } from 'esbuild';
import { buildOptions, type Bundle } from './bundles.ts';

export interface BuiltFile {
  /** Relative to the project, with slashes. */
  readonly file: string;
  readonly text: string;
  /** The source map. */
  readonly map: string;
}

export interface SplitBundle {
  readonly metafile: Metafile;
  readonly files: readonly BuiltFile[];
}

/**
 * A CommonJS bundle in parts: what `import()` asks for is read on first use, not at activation. esbuild splits only ES
 * modules, so it is asked for those, and each part is turned into CommonJS by itself. Nothing is written.
 *
 * Blanks and line ends are taken out by the second step only: until then each import has lines of its own, and can be replaced
 * without moving what the source map speaks of.
 */
export async function buildSplit(bundle: Bundle): Promise<SplitBundle> {
  const { outfile, ...options } = buildOptions(bundle, false);
  const { metafile, outputFiles } = await esbuild.build({
    ...options,
    entryNames: path.basename(outfile ?? '', '.cjs'),
    chunkNames: `${path.basename(outfile ?? '', '.cjs')}-[hash]`,
    outdir: path.dirname(outfile ?? ''),
    outExtension: { '.js': '.cjs' },
    format: 'esm',
    splitting: true,
    minifyIdentifiers: true,
    minifySyntax: true,
    sourcemap: 'inline',
    write: false,
  });
  const files = await Promise.all(
    outputFiles.map(async (output): Promise<BuiltFile> => {
      const name = path.basename(output.path);
      const { code, map } = await esbuild.transform(requireExternals(output.text), {
        format: 'cjs',
        platform: 'node',
        target: 'node22',
        minify: true,
        // `import()` of a part becomes require(): a part is CommonJS too.
        supported: { 'dynamic-import': false },
        sourcemap: 'external',
        sourcesContent: false,
        sourcefile: name,
        legalComments: 'none',
      });
      return {
        file: path.posix.join(path.dirname(outfile ?? ''), name),
        text: `${code}//# sourceMappingURL=${name}.map\n`,
        map,
      };
    }),
  );
  return { metafile, files };
}

/** One import of a module that is not in the bundle: `* as a`, `a`, or `{ a, b as c }`. */
const EXTERNAL_IMPORT =
  /^import (?:\* as (?<all>[\w$]+)|(?<main>[\w$]+)|\{(?<names>[^}]*)\}) from "(?<module>vscode|node:[\w/]+)";$/gm;

/**
 * The same text with `require` for the imports of `vscode` and of Node's modules. esbuild would copy every property of such a
 * module for each file that imports it, as a CommonJS module may be anything: for these it takes longer than all else that
 * is done at activation. The number of lines stays.
 */
export function requireExternals(text: string): string {
  return text.replace(EXTERNAL_IMPORT, (_, all?: string, main?: string, names?: string, module?: string) => {
    const bound = all ?? main ?? `{${(names ?? '').replace(/([\w$]+) as ([\w$]+)/g, '$1: $2')}}`;
    return `var ${bound} = require("${module ?? ''}");`;
  });
}

/** The files that are read as soon as `entry` is: those it imports, and what they import. */
export function readAtOnce(metafile: Metafile, entry: string): readonly string[] {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    for (const { path: target, kind, external } of metafile.outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && external !== true) visit(target);
  };
  visit(entry);
  return [...found];
}

/** Of the code alone: the metafile's sizes have the source maps in them. */
export function bytesAtOnce({ metafile, files }: SplitBundle, entry: string): number {
  const atOnce = readAtOnce(metafile, entry);
  return files.reduce((sum, { file, text }) => sum + (atOnce.includes(file) ? Buffer.byteLength(text) : 0), 0);
}
