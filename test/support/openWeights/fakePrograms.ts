// Pythons, uv and nvidia-smi that are Node scripts: they say what a test wants and write down how they were called.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface FakePython {
  readonly version?: string;
  readonly wide?: boolean;
  /** Has the venv module with ensurepip. */
  readonly venv?: boolean;
  /** `venv` fails as Debian's does when it is run, although it can be found. */
  readonly venvFails?: boolean;
  /** What `pip install` of torch does; the other installations end well. */
  readonly pip?: 'ok' | 'fails' | 'no-network' | 'no-space' | 'hangs';
  /** Importing the trainer fails. */
  readonly broken?: boolean;
  /** Lines of `tuning_fork_trainer.fetch`, by its command. */
  readonly fetch?: Readonly<Record<string, readonly unknown[]>>;
  /** `get` writes its lines and then does not end. */
  readonly fetchHangs?: boolean;
  readonly doctor?: unknown;
  /** What `estimate` does, by the model of its job. */
  readonly estimate?: Readonly<Record<string, FakeEstimate>>;
  /** What `export` does, by the form of its document. */
  readonly exports?: Readonly<Record<string, FakeExport>>;
  /** What `push` does, by what its document asks for: `look` or `send`. */
  readonly pushes?: Readonly<Record<string, FakeExport>>;
}

export interface FakeExport extends FakeEstimate {
  /** Files that it writes into the folder of its document, before its lines. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface FakeEstimate {
  /** Messages, or lines as they are. */
  readonly lines: readonly unknown[];
  /** Does not end after its lines. */
  readonly hangs?: boolean;
  readonly code?: number;
  /** Last line of the standard error. */
  readonly says?: string;
  /** Ends itself as the system ends a process that takes too much memory. */
  readonly killed?: boolean;
}

export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Job of `estimate` and the lines of its files. */
  readonly job?: Readonly<Record<string, unknown>>;
  readonly training?: readonly string[];
  readonly validation?: readonly string[] | null;
}

/** Programs in a folder that becomes the whole PATH. */
export class FakePrograms {
  readonly folder: string;
  readonly #calls: string;

  constructor(folder: string) {
    this.folder = path.join(folder, 'bin');
    this.#calls = path.join(folder, 'calls.jsonl');
  }

  get env(): NodeJS.ProcessEnv {
    return { PATH: this.folder, HOME: this.folder };
  }

  /** @returns the path of the program */
  async add(name: string, behavior: FakePython = {}): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    const file = path.join(this.folder, name);
    const text = `#!${process.execPath}\nconst CALLS = ${JSON.stringify(this.#calls)};\nconst SAYS = ${JSON.stringify(behavior)};\n${SCRIPT}`;
    await writeFile(file, text);
    await chmod(file, 0o755);
    return file;
  }

  async calls(): Promise<readonly Call[]> {
    const text = await readFile(this.#calls, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Call);
  }
}

const SCRIPT = String.raw`
const fs = require('node:fs'), path = require('node:path'), { spawn } = require('node:child_process');
const args = process.argv.slice(2);
const program = path.basename(process.argv[1]);
const note = (more) => fs.appendFileSync(CALLS, JSON.stringify({ program, args, env: process.env, ...more }) + '\n');
if (!args.includes('estimate') && !args.includes('export') && !args.includes('push')) note({});
const has = (...words) => words.every((word) => args.includes(word));
const end = (code, text) => { if (text) process.stderr.write(text + '\n'); process.exitCode = code; };
const makeVenv = (folder) => {
  fs.mkdirSync(path.join(folder, 'bin'), { recursive: true });
  fs.copyFileSync(process.argv[1], path.join(folder, 'bin', 'python'));
  fs.chmodSync(path.join(folder, 'bin', 'python'), 0o755);
};
const install = () => {
  const torch = args.some((arg) => arg.startsWith('torch'));
  console.log('Collecting ' + (torch ? 'torch==2.13.0' : 'peft>=0.18 (from tuning-fork-trainer)'));
  console.log('  Downloading ' + (torch ? 'torch-2.13.0-cp311-cp311-linux_x86_64.whl (190.2 MB)' : 'peft-0.21.2-py3-none-any.whl (512 kB)'));
  const how = torch ? SAYS.pip ?? 'ok' : 'ok';
  if (how === 'fails') return end(1, 'ERROR: No matching distribution found for torch==2.13.0');
  if (how === 'no-network') return end(1, "WARNING: Retrying after connection broken by 'NewConnectionError: Failed to establish a new connection'\nERROR: Could not find a version that satisfies the requirement torch");
  if (how === 'no-space') return end(1, 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device');
  if (how === 'hangs') {
    const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')"], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.once('data', () => console.log('Collecting child-' + child.pid));
    return setInterval(() => {}, 1000);
  }
  console.log('Installing collected packages: ' + (torch ? 'torch' : 'peft, tuning-fork-trainer'));
};
if (program === 'nvidia-smi') console.log('GPU 0: NVIDIA H100');
else if (program === 'uv') {
  if (has('--version')) console.log('uv 0.13.9');
  else if (has('venv')) makeVenv(args.at(-1));
  else install();
} else if (has('-m', 'venv')) {
  if (SAYS.venvFails) { console.log('The virtual environment was not created successfully because ensurepip is not available.'); process.exitCode = 1; }
  else makeVenv(args.at(-1));
} else if (has('-m', 'pip')) install();
else if (has('-m', 'tuning_fork_trainer', 'estimate')) {
  const job = JSON.parse(fs.readFileSync(args.at(-1), 'utf8'));
  const linesOf = (file) => (file ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : null);
  // Python's own folder is left behind when it is ended.
  fs.writeFileSync(path.join(require('node:os').tmpdir(), 'left-behind'), '');
  const { lines, hangs, code, says, killed } = SAYS.estimate[job.model];
  for (const line of lines) console.log(typeof line === 'string' ? line : JSON.stringify(line));
  note({ job, training: linesOf(job.training_file), validation: linesOf(job.validation_file) });
  if (hangs) setInterval(() => {}, 1000);
  else if (killed) process.kill(process.pid, 'SIGKILL');
  else end(code ?? 0, says);
} else if (has('-m', 'tuning_fork_trainer', 'export') || has('-m', 'tuning_fork_trainer', 'push')) {
  const job = JSON.parse(fs.readFileSync(args.at(-1), 'utf8'));
  fs.writeFileSync(path.join(require('node:os').tmpdir(), 'left-behind'), '');
  const { files, lines, hangs, code, says } = job.do === undefined ? SAYS.exports[job.form] : SAYS.pushes[job.do];
  for (const [name, text] of Object.entries(files ?? {})) fs.writeFileSync(path.join(job.output, name), text);
  note({ job });
  for (const line of lines) console.log(typeof line === 'string' ? line : JSON.stringify(line));
  if (hangs) setInterval(() => {}, 1000);
  else end(code ?? 0, says);
} else if (has('-m', 'tuning_fork_trainer')) console.log('a library prints this\n' + JSON.stringify(SAYS.doctor ?? {}));
else if (has('-m', 'tuning_fork_trainer.fetch')) {
  const lines = SAYS.fetch?.[args[2]] ?? [];
  for (const line of lines) console.log(JSON.stringify(line));
  if (lines.some((line) => line.type === 'error')) process.exitCode = 1;
  if (SAYS.fetchHangs && args[2] === 'get') setInterval(() => {}, 1000);
} else if (args.at(-1).includes('import torch')) { if (SAYS.broken) end(1, 'ImportError: libgomp.so.1: cannot open shared object file'); }
else console.log(JSON.stringify({ version: SAYS.version ?? '3.12.4', executable: process.argv[1], venv: SAYS.venv ?? true, wide: SAYS.wide ?? true }));
`;
