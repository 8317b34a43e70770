import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TORCH, TORCH_INDEX } from '../../src/openWeights/torch.ts';
import { inProject } from './paths.ts';
import { capture } from './processes.ts';
import { findProgram } from './programs.ts';
import { withProgress } from './progress.ts';

const folder = inProject('.trainer', 'venv');
const mark = path.join(folder, 'installed.txt');
const locks = ['requirements.lock', 'requirements-ray.lock', 'requirements-test.lock'].map((name) =>
  inProject('trainer', name),
);

/** Python of the trainer's environment. */
export const trainerPython =
  process.platform === 'win32' ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python');

/** Tells whether the environment is there with the packages of today's locks. */
export async function isTrainerReady(): Promise<boolean> {
  if (!existsSync(trainerPython)) return false;
  return (await readFile(mark, 'utf8').catch(() => '')) === (await fingerprint());
}

/** Makes the environment, or brings it up to date; does nothing where the locks have not changed. */
export async function setupTrainer(say: (line: string) => void): Promise<void> {
  if (await isTrainerReady()) {
    say('The environment of the trainer is up to date.');
    return;
  }
  const python = await findPython();
  await rm(mark, { force: true });
  if (!existsSync(trainerPython)) {
    await mkdir(path.dirname(folder), { recursive: true });
    // A folder that an interrupted run has left may have no pip.
    await rm(folder, { recursive: true, force: true });
    await step(say, `Making ${path.relative(inProject(), folder)}`, python, ['-m', 'venv', folder]);
  }
  await step(say, `Installing ${TORCH}`, trainerPython, ['-m', 'pip', 'install', ...(await torchArguments())]);
  const files = locks.flatMap((lock) => ['-r', lock]);
  await step(say, 'Installing the packages of the locks', trainerPython, ['-m', 'pip', 'install', ...files]);
  const own = ['--no-deps', '--no-build-isolation', '-e', inProject('trainer')];
  await step(say, 'Installing the trainer', trainerPython, ['-m', 'pip', 'install', ...own]);
  await writeFile(mark, await fingerprint());
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(TORCH);
  for (const file of [...locks, inProject('trainer/pyproject.toml')]) hash.update(await readFile(file));
  return hash.digest('hex');
}

/** The first Python of the PATH that is new enough. */
async function findPython(): Promise<string> {
  for (const name of ['python3', 'python']) {
    const program = findProgram(name);
    if (program === undefined) continue;
    const test = 'import sys, venv; sys.exit(0 if sys.version_info >= (3, 11) else 1)';
    if ((await capture(program, ['-c', test])).code === 0) return program;
  }
  throw new Error(
    'There is no Python 3.11 or newer on the PATH. Install it with its module venv, then run this again.',
  );
}

async function torchArguments(): Promise<string[]> {
  if (await hasGpu()) return [TORCH];
  // The build for the CPU has the greater version, and is taken where that index can be reached.
  return [TORCH, '--extra-index-url', `${TORCH_INDEX}cpu`, '--retries', '1', '--timeout', '15'];
}

async function hasGpu(): Promise<boolean> {
  const tool = findProgram('nvidia-smi');
  return tool !== undefined && (await capture(tool, ['-L'])).code === 0;
}

async function step(
  say: (line: string) => void,
  what: string,
  program: string,
  args: readonly string[],
): Promise<void> {
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const { code, output } = await withProgress(say, what, () => capture(program, args, { env }));
  if (code !== 0) throw new Error(`${what} failed:\n${output.slice(-4000)}`);
}
