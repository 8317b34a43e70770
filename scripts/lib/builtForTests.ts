// Threads and the command line run in tests as what esbuild makes of them, as they do in the product. From the sources each thread would
// strip the types with a WebAssembly module of Node's own: a third of a second a thread, and memory that threads of a process share while
// they come and go. A process of tests with such threads died of SIGSEGV once, on a busy machine, for a reason that was not found; another
// project has traced the same to that module (V8 of Node 24) in https://github.com/bardesss/haelan/pull/187.
import esbuild from 'esbuild';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { buildOptions, bundles } from './bundles.ts';
import { inProject } from './paths.ts';

/** As deep as the sources, from which the table of tokens in dist/ is found. */
export const builtForTests = inProject('.reports', 'built');
const SOURCE = /new URL\('(?:[./]+(?:src\/)?worker\/|\.\/)(\w+Worker)\.ts', import\.meta\.url\)/g;
const IN_ANOTHER_FORM = /new (?:URL|Worker)\([^)]*Worker\.ts/;

let built: Promise<unknown> | undefined;

/** Makes them from today's sources, once a process: several projects of one run need them. */
export async function buildForTests(): Promise<void> {
  built ??= Promise.all(
    bundles
      .filter(({ entry }) => /^src\/(?:worker|cli)\//.test(entry))
      .map(async (bundle) => {
        const outfile = path.join(builtForTests, path.basename(bundle.outfile));
        await esbuild.build({ ...buildOptions(bundle, false), outfile });
      }),
  );
  await built;
}

/**
 * Puts the built thread where a test or a source names a thread by its source.
 * @param id names the file in an error
 * @throws where a thread is named in a form that would run it from its source
 */
export function namingBuiltThreads(code: string, id: string): string {
  const url = (name: string): string => JSON.stringify(pathToFileURL(path.join(builtForTests, `${name}.js`)).href);
  const changed = code.replace(SOURCE, (_, name: string) => `new URL(${url(name)})`);
  if (!IN_ANOTHER_FORM.test(changed)) return changed;
  throw new Error(`${id} names a thread in another form than new URL('….ts', import.meta.url).`);
}

export const builtThreads: NonNullable<TestProjectInlineConfiguration['plugins']>[number] = {
  name: 'built-threads',
  enforce: 'pre',
  transform: (code: string, id: string) => {
    if (id.includes('/node_modules/')) return null;
    const changed = namingBuiltThreads(code, id);
    // Lines stay where they are.
    return changed === code ? null : { code: changed, map: null };
  },
};
