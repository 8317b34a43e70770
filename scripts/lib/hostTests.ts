import { readdir, rm, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import esbuild from 'esbuild';
import { answers } from './network.ts';
import { inProject, projectRoot } from './paths.ts';
import { prepare, type Need } from './prepare.ts';

const bundleFolder = inProject('dist-test');

/** Bundles the runner and every test/host file; VS Code loads CommonJS only. */
async function bundleHostTests(): Promise<void> {
  await rm(bundleFolder, { recursive: true, force: true });
  const files = await readdir(inProject('test/host'), { recursive: true });
  const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => path.join('test/host', file));
  await esbuild.build({
    absWorkingDir: projectRoot,
    entryPoints: [{ in: 'test/support/host/run.ts', out: 'run' }, ...tests.map((file) => entry(file))],
    outdir: bundleFolder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

function entry(file: string): { in: string; out: string } {
  return { in: file, out: path.relative('test/host', file).replace(/\.ts$/, '') };
}

/** Desktop VS Code can be downloaded here; asked for by TUNING_FORK_VSCODE=desktop or found out in three seconds. */
async function canDownload(): Promise<boolean> {
  const choice = process.env['TUNING_FORK_VSCODE'];
  if (choice === 'desktop') return true;
  if (choice === 'browser') return false;
  // Without a display Electron does not start, network or not.
  const hasDisplay = process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined;
  if (process.platform === 'linux' && !hasDisplay) return false;
  return await answers('https://update.code.visualstudio.com/api/releases/stable', 3000);
}

/** The executable that the user has chosen, if any. */
function chosenExecutable(): string | undefined {
  const chosen = process.env['VSCODE_TEST_EXECUTABLE'];
  return chosen === '' ? undefined : chosen;
}

/** Needs of the host tests: the bundles, and VS Code in a browser unless a desktop VS Code is chosen or downloaded. */
export async function hostTestNeeds(): Promise<readonly Need[]> {
  const desktop = chosenExecutable() !== undefined || (await canDownload());
  return desktop ? ['bundles'] : ['bundles', 'host', 'browser'];
}

/** The executable to test with: the chosen one, our stand-in for VS Code in a browser, or undefined for a download. */
function executable(needs: readonly Need[]): string | undefined {
  return chosenExecutable() ?? (needs.includes('host') ? inProject('scripts/vscodeStandIn.ts') : undefined);
}

/**
 * Builds the extension and runs test/host inside a real VS Code with it.
 * @param report file the runner writes its counts to
 * @returns exit code, 0 when all passed
 */
export async function runHostTests(report: string, say: (line: string) => void): Promise<number> {
  const needs = await hostTestNeeds();
  await prepare(needs, say);
  await bundleHostTests();
  const vscodeExecutablePath = executable(needs);
  const workspace = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-workspace-'));
  try {
    return await runTests({
      ...(vscodeExecutablePath === undefined ? {} : { vscodeExecutablePath }),
      extensionDevelopmentPath: projectRoot,
      extensionTestsPath: path.join(bundleFolder, 'run.cjs'),
      launchArgs: [workspace],
      extensionTestsEnv: { VSCODE_TEST_REPORT: report },
    });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await rm(workspace, { recursive: true, force: true, maxRetries: 3 });
  }
}
