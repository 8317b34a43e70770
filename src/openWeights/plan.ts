import { mkdir, statfs } from 'node:fs/promises';
import { bytesInWords } from '../core/base/bytes.ts';
import { fail, ok, type Result } from '../core/base/result.ts';
import { cleanEnvironment } from './cleanEnvironment.ts';
import { hasCudaGpu } from './gpu.ts';
import { placesIn } from './places.ts';
import { noDisk } from './problems.ts';
import { run } from './processes.ts';
import { findPython, type Python } from './python.ts';
import { TORCH_INDEX } from './torch.ts';

/** Build of torch that will be installed: `index` is the one that pip's own index has. */
type TorchBuild = 'cpu' | 'cuda' | 'index';

export interface SetUpPlan {
  readonly python: Python;
  readonly installer: 'uv' | 'pip';
  /** torch's own package index answers. */
  readonly torchIndex: boolean;
  readonly build: TorchBuild;
  /** Bytes on the disk, from and to: what an index of one's own offers is not known before. */
  readonly bytes: readonly [least: number, most: number];
  readonly freeBytes: number;
  readonly folder: string;
}

export interface PlanOptions {
  readonly storage: string;
  readonly setting: string;
  readonly known: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Tells whether torch's own package index answers. */
  readonly reach?: () => Promise<boolean>;
  readonly freeBytes?: (folder: string) => Promise<number>;
}

const CPU_BYTES = 3e9;
const CUDA_BYTES = 8e9;
const REACH_MS = 5000;
const ASK_MS = 10_000;

/** Looks at the machine; installs and writes nothing but the folder itself. */
export async function makePlan(options: PlanOptions): Promise<Result<SetUpPlan>> {
  const { env, signal } = options;
  const { root } = placesIn(options.storage);
  const asked = { env: cleanEnvironment(env), timeoutMs: ASK_MS, ...(signal ? { signal } : {}) };
  const [hasUv, hasGpu, torchIndex] = await Promise.all([
    run({ command: 'uv', args: ['--version'] }, asked).then(({ code }) => code === 0),
    hasCudaGpu(env, signal),
    (options.reach ?? reachTorchIndex)(),
  ]);
  signal?.throwIfAborted();
  const python = await findPython({ ...options, hasUv });
  if (!python.ok) return python;
  await mkdir(root, { recursive: true });
  const build = buildOf(hasGpu, torchIndex);
  const bytes = bytesOf(build);
  const freeBytes = await (options.freeBytes ?? freeBytesOf)(root);
  if (freeBytes < bytes[0]) return fail(noDisk(root, bytesInWords(bytes[0]), bytesInWords(freeBytes)));
  return ok({
    python: python.value,
    installer: hasUv ? 'uv' : 'pip',
    torchIndex,
    build,
    bytes,
    freeBytes,
    folder: root,
  });
}

function buildOf(hasGpu: boolean, torchIndex: boolean): TorchBuild {
  // Apple's build has no variants and is small; on Windows the package index has the CPU build.
  if (process.platform === 'darwin') return 'cpu';
  if (!torchIndex) return 'index';
  return hasGpu ? 'cuda' : 'cpu';
}

function bytesOf(build: TorchBuild): readonly [number, number] {
  if (build === 'index') return process.platform === 'linux' ? [CPU_BYTES, CUDA_BYTES] : [CPU_BYTES, CPU_BYTES];
  return build === 'cuda' ? [CUDA_BYTES, CUDA_BYTES] : [CPU_BYTES, CPU_BYTES];
}

async function reachTorchIndex(): Promise<boolean> {
  try {
    const answer = await fetch(TORCH_INDEX, { method: 'HEAD', signal: AbortSignal.timeout(REACH_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
