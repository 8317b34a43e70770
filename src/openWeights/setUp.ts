import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../core/base/messages.ts';
import { redact } from '../core/base/redact.ts';
import { storageProblem } from '../storage/storageProblem.ts';
import { cleanEnvironment } from './cleanEnvironment.ts';
import { alone, hashOfTrainer, markComplete, tidy, trainerFiles } from './environment.ts';
import { placesIn, pythonOf, type Places } from './places.ts';
import { packageOf } from './packageLines.ts';
import type { SetUpPlan } from './plan.ts';
import {
  diskFull,
  installFailed,
  noNetwork,
  noTrainerFiles,
  noVenv,
  OpenWeightsError,
  trainerBroken,
} from './problems.ts';
import { run, type Ended, type Program } from './processes.ts';
import { updateRegistry } from './registry.ts';
import { TORCH, TORCH_INDEX } from './torch.ts';

export interface SetUpOptions {
  readonly storage: string;
  /** Folder `trainer` of the extension. */
  readonly trainer: string;
  readonly plan: SetUpPlan;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly report: (message: string, fraction: number) => void;
}

// eslint-disable-next-line tuning-fork/translated -- code
const IMPORTS = 'import torch, transformers, trl, peft, tuning_fork_trainer';

/** Cancelled by the user: nothing is left, and an environment that was there before is there again. */
export class SetUpCancelled extends Error {}

/**
 * Makes the environment anew. An earlier one is kept until the new one is complete, and comes back when that fails.
 * @throws SetUpCancelled
 * @throws OpenWeightsError
 */
export async function setUp(options: SetUpOptions): Promise<void> {
  const places = placesIn(options.storage);
  const trainer = await hashOfTrainer(options.trainer).catch(() => {
    throw new OpenWeightsError(noTrainerFiles());
  });
  try {
    await mkdir(places.root, { recursive: true });
    await alone(places, async () => {
      await tidy(places);
      if (existsSync(places.venv)) await rename(places.venv, places.old);
      try {
        await make(places, options, trainer);
      } finally {
        // Puts the earlier environment back unless the new one is complete.
        await tidy(places);
      }
      await updateRegistry(places.server, (registry) => ({ ...registry, python: pythonOf(places.venv) }));
    });
  } catch (error) {
    if (error instanceof OpenWeightsError || error instanceof SetUpCancelled) throw error;
    const problem = storageProblem(error, places.root);
    throw problem ? new OpenWeightsError(problem) : error;
  }
}

/** Installs the trainer's files of this version of the extension into the environment that is there. Throws as `setUp`. */
export async function updateTrainer(
  options: Omit<SetUpOptions, 'plan'> & { readonly installer: 'uv' | 'pip' },
): Promise<void> {
  const places = placesIn(options.storage);
  const trainer = await hashOfTrainer(options.trainer);
  await alone(places, async () => {
    await mkdir(places.temporary, { recursive: true });
    try {
      const steps = new Steps(places, options);
      await steps.installTrainer(options.installer);
      await steps.check();
      await complete(places, options.signal, trainer, pythonOf(places.venv));
    } finally {
      await rm(places.temporary, { recursive: true, force: true });
    }
  });
}

async function make(places: Places, options: SetUpOptions, trainer: string): Promise<void> {
  const { plan } = options;
  await mkdir(places.temporary, { recursive: true });
  await writeFile(places.log, '');
  const steps = new Steps(places, options);
  await steps.makeEnvironment(plan);
  await steps.installTorch(plan);
  await steps.installTrainer(plan.installer);
  await steps.check();
  await complete(places, options.signal, trainer, plan.python.executable);
}

async function complete(places: Places, signal: AbortSignal, trainer: string, python: string): Promise<void> {
  if (signal.aborted) throw new SetUpCancelled();
  const bytes = await sizeOf(places.venv);
  await markComplete(places.venv, { trainer, python, madeAt: new Date().toISOString(), bytes });
}

/** Bytes of all files below a folder. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

/** Programs of a set-up, one after the other, with one log. */
class Steps {
  readonly #places: Places;
  readonly #options: Pick<SetUpOptions, 'env' | 'signal' | 'report' | 'trainer'>;
  #writing: Promise<void> = Promise.resolve();

  constructor(places: Places, options: Pick<SetUpOptions, 'env' | 'signal' | 'report' | 'trainer'>) {
    this.#places = places;
    this.#options = options;
  }

  async makeEnvironment({ installer, python }: SetUpPlan): Promise<void> {
    const { venv } = this.#places;
    this.#options.report(t('Making the virtual environment'), 0.01);
    const program: Program =
      installer === 'uv'
        ? { command: 'uv', args: ['venv', '--seed', '--python', python.executable, venv] }
        : { command: python.command, args: [...python.args, '-m', 'venv', venv] };
    const ended = await this.#run(program);
    if (ended.code === 0 && existsSync(pythonOf(venv))) return;
    // Debian's python3 has a venv module that fails for lack of ensurepip.
    if (ended.lines.some((line) => /ensurepip|No module named venv|python3?-venv/.test(line)))
      throw new OpenWeightsError(noVenv(python.executable), this.#places.log);
    this.#fail(t('the virtual environment'), ended);
  }

  /** torch goes first: its build follows the machine, and everything else depends on it. */
  async installTorch({ installer, torchIndex, build }: SetUpPlan): Promise<void> {
    const python = pythonOf(this.#places.venv);
    // Without torch's index uv takes a CUDA build of 3 GB where pip finds the build for the CPU.
    const program: Program =
      installer === 'uv' && torchIndex
        ? { command: 'uv', args: ['pip', 'install', '--python', python, '--torch-backend=auto', 'torch>=2.6'] }
        : {
            command: python,
            args: [
              ...['-m', 'pip', 'install', '--progress-bar', 'off', TORCH],
              ...(torchIndex && build === 'cpu' && process.platform !== 'darwin'
                ? ['--index-url', `${TORCH_INDEX}cpu`]
                : []),
            ],
          };
    await this.#install(program, 'PyTorch', [0.05, 0.6]);
  }

  async installTrainer(installer: 'uv' | 'pip'): Promise<void> {
    const { venv, temporary } = this.#places;
    const copy = path.join(temporary, 'trainer');
    // Building writes beside the sources, and the extension's folder may be read-only.
    for (const name of await trainerFiles(this.#options.trainer)) {
      await cp(path.join(this.#options.trainer, name), path.join(copy, name));
    }
    const lock = path.join(copy, 'requirements.lock');
    const constraints = existsSync(lock) ? ['--constraint', lock] : [];
    const python = pythonOf(venv);
    const what = [...constraints, `${copy}[gguf]`];
    const program: Program =
      installer === 'uv'
        ? {
            command: 'uv',
            args: ['pip', 'install', '--python', python, '--reinstall-package', 'tuning-fork-trainer', ...what],
          }
        : { command: python, args: ['-m', 'pip', 'install', '--progress-bar', 'off', ...what] };
    await this.#install(program, t('the trainer'), [0.6, 0.95]);
  }

  /** Imports what training needs: an environment in which that fails is not complete. */
  async check(): Promise<void> {
    this.#options.report(t('Checking the installation'), 0.96);
    const ended = await this.#run({ command: pythonOf(this.#places.venv), args: ['-c', IMPORTS] });
    if (ended.code !== 0) throw new OpenWeightsError(trainerBroken(lastLine(ended)), this.#places.log);
  }

  async #install(program: Program, what: string, [from, to]: readonly [number, number]): Promise<void> {
    this.#options.report(t('Installing {0}', what), from);
    let seen = 0;
    const ended = await this.#run(program, (line) => {
      const found = packageOf(line);
      if (found === null) return;
      seen++;
      // How many will come is not known: each takes a part of what is left.
      const fraction = from + (to - from) * (1 - 1 / (1 + seen / 12));
      this.#options.report(
        found.installing ? t('Installing {0}', found.name) : t('Downloading {0}', found.name),
        fraction,
      );
    });
    if (ended.code !== 0) this.#fail(what, ended);
  }

  async #run(program: Program, onLine?: (line: string) => void): Promise<Ended> {
    const { signal, env } = this.#options;
    this.#log(`$ ${[program.command, ...program.args].join(' ')}`);
    const ended = await run(program, {
      env: { ...cleanEnvironment(env), ...temporaryFolder(this.#places.temporary) },
      signal,
      cwd: this.#places.root,
      onLine: (line) => {
        this.#log(line);
        onLine?.(line);
      },
    });
    await this.#writing;
    if (ended.aborted) throw new SetUpCancelled();
    return ended;
  }

  #log(line: string): void {
    this.#writing = this.#writing.then(() => appendFile(this.#places.log, `${redact(line)}\n`)).catch(() => undefined);
  }

  #fail(what: string, ended: Ended): never {
    const { log, root } = this.#places;
    const text = ended.lines.join('\n');
    if (/No space left on device|ENOSPC|not enough space on the disk/i.test(text))
      throw new OpenWeightsError(diskFull(root), log);
    if (NETWORK.test(text)) throw new OpenWeightsError(noNetwork(), log);
    throw new OpenWeightsError(installFailed(what, lastLine(ended)), log);
  }
}

const NETWORK =
  /Failed to establish a new connection|NewConnectionError|Temporary failure in name resolution|Name or service not known|getaddrinfo failed|Network is unreachable|Connection (refused|reset|timed out)|Read timed out|dns error|error sending request|Could not connect/i;

/** Last line that says something, without keys. */
function lastLine({ lines }: Ended): string {
  const line = lines.findLast((text) => text.trim() !== '' && !/^\s*(\[?notice|hint:|WARNING)/i.test(text)) ?? '';
  return redact(line.trim()).slice(0, 300);
}

function temporaryFolder(folder: string): NodeJS.ProcessEnv {
  return { TMPDIR: folder, TEMP: folder, TMP: folder };
}
