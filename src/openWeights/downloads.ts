// Looks at a model and downloads it, by `tuning_fork_trainer.fetch` in the trainer's Python.
import type { Problem } from '../core/base/result.ts';
import { t } from '../core/base/messages.ts';
import { isLoopbackHost } from '../core/provider/addresses.ts';
import { cleanEnvironment } from './cleanEnvironment.ts';
import { fieldsOf, numberOf, parseJson, textOf, type Fields } from './json.ts';
import { OpenWeightsError, trainerBroken } from './problems.ts';
import { run } from './processes.ts';

export interface FetchOptions {
  /** Python of the trainer. */
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
  /** The hub's token, which only the environment of the process gets; null: none. */
  readonly token: string | null;
  readonly signal: AbortSignal;
  /** Lines that are no protocol; without keys. */
  readonly onLog?: (line: string) => void;
}

/** Facts of a model before its download. */
export interface ModelPlan {
  readonly model: string;
  readonly revision: string | null;
  readonly bytes: number;
  readonly bytesCached: number;
  readonly licence: string | null;
  readonly parameters: number | null;
  /** Folder that receives the files; null for folders and files. */
  readonly cache: string | null;
}

/** The user cancelled; parts that arrived stay in the cache and are used by the next try. */
export class FetchCancelled extends Error {}

/** Address of the hub: HF_ENDPOINT, else huggingface.co. */
export function hubOf(env: NodeJS.ProcessEnv): string {
  const named = (env['HF_ENDPOINT'] ?? '').trim().replace(/\/+$/, '');
  return named === '' ? 'https://huggingface.co' : named;
}

/** Tells whether a token may be sent there: never in the clear to another machine. */
export function takesToken(hub: string): boolean {
  try {
    const { protocol, hostname } = new URL(hub);
    return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
  } catch {
    return false;
  }
}

/** @throws OpenWeightsError with the trainer's code: `gated`, `no-model`, `no-network`, `pickled-weights`, `remote-code`, … */
export async function planModel(model: string, options: FetchOptions): Promise<ModelPlan> {
  const plans: ModelPlan[] = [];
  await fetchLines(['plan', '--model', model], options, (line) => {
    if (line['type'] !== 'plan') return;
    plans.push({
      model: textOf(line['model']) ?? model,
      revision: textOf(line['revision']),
      bytes: numberOf(line['bytes']) ?? 0,
      bytesCached: numberOf(line['bytes_cached']) ?? 0,
      licence: textOf(line['license']),
      parameters: numberOf(line['parameters']),
      cache: textOf(line['cache']),
    });
  });
  const [plan] = plans;
  if (!plan) throw new OpenWeightsError(trainerBroken(''));
  return plan;
}

/** Downloads what the cache lacks. Throws as `planModel`, `corrupt-download` and `no-disk` too. */
export async function downloadModel(
  { model, revision }: ModelPlan,
  options: FetchOptions,
  report: (file: string, done: number, total: number) => void,
): Promise<void> {
  await fetchLines(['get', '--model', model, '--revision', revision ?? 'main'], options, (line) => {
    const [file, done, total] = [textOf(line['file']), numberOf(line['done']), numberOf(line['total'])];
    if (line['type'] === 'progress' && file !== null && done !== null && total !== null) report(file, done, total);
  });
}

async function fetchLines(args: readonly string[], options: FetchOptions, take: (line: Fields) => void): Promise<void> {
  const problems: Problem[] = [];
  const ended = await run(
    { command: options.python, args: ['-m', 'tuning_fork_trainer.fetch', ...args] },
    {
      env: fetchEnvironment(options),
      signal: options.signal,
      onLine: (text, stream) => {
        const line = stream === 'out' ? fieldsOf(parseJson(text)) : null;
        if (line === null) options.onLog?.(text);
        else if (line['type'] === 'error') problems.push(problemOf(line));
        else take(line);
      },
    },
  );
  if (ended.aborted) throw new FetchCancelled();
  const [problem] = problems;
  if (problem) throw new OpenWeightsError(problem);
  if (ended.code !== 0)
    throw new OpenWeightsError(trainerBroken(ended.lines.findLast((line) => line.trim() !== '') ?? ''));
}

/** Without the user's own HF_TOKEN, which is used only when it was offered and taken. */
function fetchEnvironment({ env, token }: FetchOptions): NodeJS.ProcessEnv {
  const clean = cleanEnvironment(env);
  return token !== null && takesToken(hubOf(env)) ? { ...clean, HF_TOKEN: token } : clean;
}

function problemOf(line: Fields): Problem {
  return {
    code: textOf(line['code']) ?? 'internal',
    message: textOf(line['message']) ?? t('The model cannot be read.'),
    action: textOf(line['action']) ?? t('See the log.'),
  };
}
