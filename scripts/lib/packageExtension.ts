import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { inProject, projectRoot } from './paths.ts';
import { capture } from './processes.ts';
import { PSEUDO_LOCALE, pseudoBundle, pseudoManifest } from './pseudoLocale.ts';

/** The packaged extension, always under the same name. */
export const vsixFile = inProject('tuning-fork.vsix');

/** The same with the pseudo-locale, for tests. */
export const pseudoVsixFile = inProject(`tuning-fork.${PSEUDO_LOCALE}.vsix`);

const bundleFile = `l10n/bundle.l10n.${PSEUDO_LOCALE}.json`;

function vsce(args: readonly string[], cwd = projectRoot): Promise<{ code: number; output: string }> {
  return capture(process.execPath, [inProject('node_modules/@vscode/vsce/vsce'), ...args], { cwd });
}

/** Builds all bundles. Throws with esbuild's output. */
export async function build(): Promise<string> {
  const { code, output } = await capture(process.execPath, ['scripts/build.ts'], { cwd: projectRoot });
  if (code !== 0) throw new Error(`${output}\nThe build failed.`);
  return output;
}

/** Packages what is in dist/ into {@link vsixFile}. Throws with vsce's output. */
export async function packageExtension(): Promise<string> {
  return await packageFolder(projectRoot, vsixFile);
}

/**
 * Packages what is in dist/ with the pseudo-locale into {@link pseudoVsixFile}. Throws with vsce's output.
 * The translations are written to a copy: a package made meanwhile does not contain them.
 */
export async function packagePseudoLocale(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-package-'));
  try {
    for (const file of [...(await packagedFiles()), '.vscodeignore'])
      await cp(inProject(file), path.join(folder, file));
    const translations = { [`package.nls.${PSEUDO_LOCALE}.json`]: pseudoManifest(), [bundleFile]: pseudoBundle() };
    await mkdir(path.join(folder, path.dirname(bundleFile)), { recursive: true });
    for (const [name, texts] of Object.entries(translations)) {
      await writeFile(path.join(folder, name), JSON.stringify(texts));
    }
    await packageFolder(folder, pseudoVsixFile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packageFolder(folder: string, out: string): Promise<string> {
  // Everything is bundled, so no dependency goes in; the pictures of the README stay in the repository.
  const args = ['package', '--no-dependencies', '--no-rewrite-relative-links', '--out', out];
  const { code, output } = await vsce(args, folder);
  if (code !== 0) throw new Error(`${output}\nThe extension could not be packaged.`);
  return output;
}

/** The files that would be packaged, relative to the project. */
export async function packagedFiles(): Promise<string[]> {
  const { code, output } = await vsce(['ls', '--no-dependencies']);
  if (code !== 0) throw new Error(output);
  return output.split('\n').filter((line) => line !== '' && !/^\s*(WARNING|INFO)/.test(line));
}
