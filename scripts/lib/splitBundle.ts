import path from 'node:path';
import esbuild, { type Metafile } from 'esbuild';
import { buildOptions, type Bundle } from './bundles.ts';
import { inProject } from './paths.ts';

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
 * modules, so it is asked for those. Of the parts that are read at once, fifty small ones, it then makes one: to find and open a file takes
 * Node longer than most of them take to run. Each other part is turned into CommonJS by itself. Nothing is written.
 *
 * Blanks and line ends are taken out by the second step only: until then each import has lines of its own, and can be replaced
 * without moving what the source map speaks of.
 */
export async function buildSplit(bundle: Bundle): Promise<SplitBundle> {
  const { outfile = '', ...options } = buildOptions(bundle, false);
  const { metafile, outputFiles } = await esbuild.build({
    ...options,
    entryNames: path.basename(outfile, '.cjs'),
    chunkNames: `${path.basename(outfile, '.cjs')}-[hash]`,
    outdir: path.dirname(outfile),
    outExtension: { '.js': '.cjs' },
    format: 'esm',
    splitting: true,
    minifyIdentifiers: true,
    minifySyntax: true,
    sourcemap: 'inline',
    write: false,
  });
  const parts = new Map(outputFiles.map((output) => [path.basename(output.path), requireExternals(output.text)]));
  const main = path.basename(outfile);
  const atOnce = new Set(readAtOnce(metafile, outfile).map((file) => path.basename(file)));
  const shared = new Map<string, Set<string>>();
  const late = [...parts]
    .filter(([name]) => !atOnce.has(name))
    .map(([name, text]) => ({ name, text: importFromMain(text, { main, atOnce, shared }) }));
  const folder = path.dirname(outfile);
  const made = await Promise.all([
    asOneFile(outfile, { parts, atOnce, shared, external: options.external ?? [] }),
    ...late.map(({ name, text }) => asCommonJs(name, text)),
  ]);
  const files = [main, ...late.map(({ name }) => name)].map((name, index) => ({
    file: path.posix.join(folder, name),
    text: `${made[index]?.code ?? ''}//# sourceMappingURL=${name}.map\n`,
    map: made[index]?.map ?? '',
  }));
  return { metafile: { ...metafile, outputs: outputsOf(metafile, outfile, atOnce) }, files };
}

/** How code is written in the end: for Node, small, with its map beside it. */
const COMMON_JS = {
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  minify: true,
  // `import()` of a part becomes require(): a part is CommonJS too.
  supported: { 'dynamic-import': false },
  sourcemap: 'external',
  sourcesContent: false,
  legalComments: 'none',
} as const;

interface Code {
  readonly code: string;
  readonly map: string;
}

async function asCommonJs(name: string, text: string): Promise<Code> {
  return await esbuild.transform(text, { ...COMMON_JS, sourcefile: name });
}

/** What is read at once, of which parts, and which of its names the other parts import: by part, as that part exports them. */
interface AtOnce {
  readonly parts: ReadonlyMap<string, string>;
  readonly atOnce: ReadonlySet<string>;
  readonly shared: ReadonlyMap<string, ReadonlySet<string>>;
  /** What is in no part: as for the bundle. */
  readonly external: string[];
}

/** The parts that are read at once as one file, which exports what the entry does and what other parts need. */
async function asOneFile(outfile: string, { parts, atOnce, shared, external }: AtOnce): Promise<Code> {
  const main = path.basename(outfile);
  const folder = inProject(path.dirname(outfile));
  const exported = [...shared].map(([part, names]) => {
    const list = [...names].map((name) => `${name} as ${sharedName(part, name)}`);
    return `export { ${list.join(', ')} } from "./${part}";`;
  });
  const { outputFiles } = await esbuild.build({
    ...COMMON_JS,
    stdin: { contents: [`export * from "./${main}";`, ...exported].join('\n'), resolveDir: folder },
    outfile: inProject(outfile),
    bundle: true,
    write: false,
    logLevel: 'warning',
    external,
    plugins: [
      {
        name: 'parts',
        setup(build) {
          build.onResolve({ filter: /\.cjs$/ }, ({ path: target }) => {
            const name = path.basename(target);
            return atOnce.has(name) ? { path: path.join(folder, name) } : { path: target, external: true };
          });
          build.onLoad({ filter: /\.cjs$/ }, ({ path: file }) => ({
            contents: parts.get(path.basename(file)) ?? '',
            loader: 'js',
          }));
        },
      },
    ],
  });
  const text = (ending: string): string => outputFiles.find(({ path: file }) => file.endsWith(ending))?.text ?? '';
  return { code: text('.cjs'), map: text('.cjs.map') };
}

/** Names are short and the same in many parts. */
function sharedName(part: string, name: string): string {
  return `${path.basename(part, '.cjs').replaceAll('-', '_')}_${name}`;
}

/** One import of another part: for its names, or for what it does. */
const PART_IMPORT = /^import (?:\{(?<names>[^}]*)\} from )?"\.\/(?<part>[\w-]+\.cjs)";$/gm;

/** The text of a part whose imports from parts that are read at once come from the one file that these are in; notes their names. */
function importFromMain(
  text: string,
  { main, atOnce, shared }: { main: string; atOnce: ReadonlySet<string>; shared: Map<string, Set<string>> },
): string {
  return text.replace(PART_IMPORT, (whole, names: string | undefined, part: string) => {
    if (!atOnce.has(part)) return whole;
    // It has run.
    if (names === undefined) return '';
    const known = shared.get(part) ?? new Set();
    shared.set(part, known);
    const renamed = names.replace(/([\w$]+)(?: as ([\w$]+))?/g, (_, name: string, local: string = name) => {
      known.add(name);
      return `${sharedName(part, name)} as ${local}`;
    });
    return `import {${renamed}} from "./${main}";`;
  });
}

/** The outputs as they are written: with the parts that are read at once as one. */
function outputsOf({ outputs }: Metafile, outfile: string, atOnce: ReadonlySet<string>): Metafile['outputs'] {
  const isAtOnce = (file: string): boolean => atOnce.has(path.basename(file));
  const entries = Object.entries(outputs).filter(([file]) => !file.endsWith('.map'));
  const late = entries.filter(([file]) => !isAtOnce(file));
  const one = entries.filter(([file]) => isAtOnce(file)).map(([, output]) => output);
  const main = outputs[outfile];
  if (main === undefined) throw new Error(`${outfile} was not built.`);
  const merged = {
    ...main,
    bytes: one.reduce((sum, { bytes }) => sum + bytes, 0),
    imports: one.flatMap(({ imports }) => imports).filter(({ path: target }) => !isAtOnce(target)),
    inputs: Object.fromEntries(one.flatMap(({ inputs }) => Object.entries(inputs))),
  };
  const toMain = late.map(([file, output]) => {
    const imports = output.imports.map((one) => (isAtOnce(one.path) ? { ...one, path: outfile } : one));
    return [file, { ...output, imports }] as const;
  });
  return Object.fromEntries([[outfile, merged], ...toMain]);
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
