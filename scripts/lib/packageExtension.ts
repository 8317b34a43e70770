import { inProject, projectRoot } from './paths.ts';
import { capture } from './processes.ts';

/** The packaged extension, always under the same name. */
export const vsixFile = inProject('tuning-fork.vsix');

function vsce(args: readonly string[]): Promise<{ code: number; output: string }> {
  return capture(process.execPath, [inProject('node_modules/@vscode/vsce/vsce'), ...args], { cwd: projectRoot });
}

/** Builds all bundles. Throws with esbuild's output. */
export async function build(): Promise<string> {
  const { code, output } = await capture(process.execPath, ['scripts/build.ts'], { cwd: projectRoot });
  if (code !== 0) throw new Error(`${output}\nThe build failed.`);
  return output;
}

/** Packages what is in dist/ into {@link vsixFile}. Throws with vsce's output. */
export async function packageExtension(): Promise<string> {
  // Everything is bundled, so no dependency goes in; the pictures of the README stay in the repository.
  const args = ['package', '--no-dependencies', '--no-rewrite-relative-links', '--out', vsixFile];
  const { code, output } = await vsce(args);
  if (code !== 0) throw new Error(`${output}\nThe extension could not be packaged.`);
  return output;
}

/** The files that would be packaged, relative to the project. */
export async function packagedFiles(): Promise<string[]> {
  const { code, output } = await vsce(['ls', '--no-dependencies']);
  if (code !== 0) throw new Error(output);
  return output.split('\n').filter((line) => line !== '' && !/^\s*(WARNING|INFO)/.test(line));
}
