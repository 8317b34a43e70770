import { cleanEnvironment } from './cleanEnvironment.ts';
import { run } from './processes.ts';

const ASK_MS = 10_000;

/** Tells whether this machine has a GPU of NVIDIA with its driver. */
export async function hasCudaGpu(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<boolean> {
  const options = { env: cleanEnvironment(env), timeoutMs: ASK_MS, ...(signal ? { signal } : {}) };
  const { code, stdout } = await run({ command: 'nvidia-smi', args: ['-L'] }, options);
  return code === 0 && /^GPU \d/m.test(stdout);
}
