import { fail, ok, type Result } from '../core/base/result.ts';
import { cleanEnvironment } from './cleanEnvironment.ts';
import { narrowPython, noPython, notAPython, noVenv, oldPython } from './problems.ts';
import { run, type Program } from './processes.ts';

/** A Python that was asked about itself. */
export interface Python extends Program {
  /** Path of its executable, as it tells it. */
  readonly executable: string;
  readonly version: string;
  /** Makes virtual environments with pip by itself. */
  readonly hasVenv: boolean;
  readonly is64Bit: boolean;
}

export interface FindOptions {
  /** Value of the setting; empty: none. Then it is the only candidate. */
  readonly setting: string;
  /** Executables that the Python Environments extension names, best first. */
  readonly known: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** uv is there and makes environments for a Python without the venv module. */
  readonly hasUv: boolean;
}

/** Parsed by Python 2 as well, which then is too old and not silent. */
// eslint-disable-next-line tuning-fork/translated -- code
const QUESTION = `
import json, sys
try:
    import importlib.util as u
    venv = u.find_spec("venv") is not None and u.find_spec("ensurepip") is not None
except Exception:
    venv = False
print(json.dumps({"version": ".".join(str(n) for n in sys.version_info[:3]), "executable": sys.executable, "venv": venv, "wide": sys.maxsize > 2 ** 32}))
`;
const PROBE_MS = 20_000;
/** Also names of versions: a system's python3 may be old beside a newer one. */
const ON_PATH: readonly Program[] = ['python3', 'python', 'python3.13', 'python3.12', 'python3.11'].map((command) => ({
  command,
  args: [],
}));
const LAUNCHER: Program = { command: 'py', args: ['-3'] };

/** Finds the first Python that can be used; the reason says what is nearest to it. */
export async function findPython(options: FindOptions): Promise<Result<Python>> {
  const setting = options.setting.trim();
  const candidates =
    setting === ''
      ? [
          ...options.known.map((command) => ({ command, args: [] })),
          ...ON_PATH,
          ...(process.platform === 'win32' ? [LAUNCHER] : []),
        ]
      : [{ command: setting, args: [] }];
  const seen: Python[] = [];
  for (const candidate of candidates) {
    options.signal?.throwIfAborted();
    const python = await askPython(candidate, options);
    if (!python) continue;
    if (isUsable(python, options.hasUv)) return ok(python);
    seen.push(python);
  }
  return fail(whyNone(seen, setting));
}

/** Asks a Python about itself; null when it does not run. */
async function askPython(
  program: Program,
  { env, signal }: Pick<FindOptions, 'env' | 'signal'>,
): Promise<Python | null> {
  const ended = await run(
    { command: program.command, args: [...program.args, '-E', '-c', QUESTION] },
    { env: cleanEnvironment(env), timeoutMs: PROBE_MS, ...(signal ? { signal } : {}) },
  );
  if (ended.code !== 0) return null;
  try {
    const told = JSON.parse(ended.stdout) as Readonly<Record<string, unknown>>;
    const { version, executable } = told;
    if (typeof version !== 'string' || typeof executable !== 'string' || executable === '') return null;
    return {
      ...program,
      version,
      executable,
      hasVenv: told['venv'] === true,
      is64Bit: told['wide'] === true,
    };
  } catch {
    return null;
  }
}

function isUsable(python: Python, hasUv: boolean): boolean {
  return isNewEnough(python.version) && python.is64Bit && (python.hasVenv || hasUv);
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 11);
}

function whyNone(seen: readonly Python[], setting: string): ReturnType<typeof noPython> {
  const recent = seen.filter(({ version }) => isNewEnough(version));
  const wide = recent.find(({ is64Bit }) => is64Bit);
  if (wide) return noVenv(wide.executable);
  if (recent[0]) return narrowPython(recent[0].executable);
  const newest = [...seen].sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))[0];
  if (newest) return oldPython(newest.version, newest.executable);
  return setting === '' ? noPython() : notAPython(setting);
}
