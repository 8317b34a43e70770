import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  isProviderFailure,
  problemOf,
  type Provider,
  type ProviderFailure,
  type ProviderFile,
} from '../core/provider.ts';
import { redact } from '../core/redact.ts';
import { fail, ok, type Problem, type Result } from '../core/result.ts';
import type { Hyperparameters, Job } from '../core/training/job.ts';
import { IntentJournal } from './intentJournal.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';

export interface StartJobInput {
  /** From `newIntentId`; stands in the job's metadata as `tuning_fork_intent`. */
  readonly intentId: string;
  readonly connectionId: string;
  readonly model: string;
  /** Absolute paths. */
  readonly trainingFile: string;
  readonly validationFile: string | null;
  readonly hyperparameters: Hyperparameters;
  readonly suffix: string | null;
  readonly seed: number | null;
  readonly wandbProject: string | null;
  /** What the trees call the job; goes into its metadata. */
  readonly name: string;
}

export type StartStage = 'reading' | 'uploading' | 'creating' | 'reconciling';

export interface StartJobDeps {
  readonly provider: Pick<Provider, 'uploadFile' | 'listFiles' | 'createJob' | 'listJobs'>;
  /** Journals go to `<folder>/intents`, snapshots to `<folder>/snapshots/<intent>`. */
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: {
    readonly stage: StartStage;
    /** 0…1 of the stage. */ readonly fraction: number;
  }) => void;
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** When to look for the job again after its answer was lost. */
  readonly reconcileDelaysMs?: readonly number[];
}

export interface StartedJob {
  readonly job: Job;
  /** True when the answer was lost and the job was found again in the provider's list. */
  readonly adopted: boolean;
  /** Further jobs of the same intent (something between us and the provider repeated the request): offer to cancel them. */
  readonly duplicates: readonly Job[];
  readonly training: Snapshot;
  readonly validation: Snapshot | null;
}

export const INTENT_KEY = 'tuning_fork_intent';
export const NAME_KEY = 'tuning_fork_name';

const RECONCILE_DELAYS_MS = [0, 2000, 5000, 15_000, 60_000];
const UPLOAD_ATTEMPTS = 3;
const NOT_READY_DELAYS_MS = [1000, 2000, 5000, 10_000, 20_000];
/** Jobs looked through when the provider ignores the metadata filter. */
const MAX_JOB_PAGES = 5;

/**
 * Starts one fine-tuning job: snapshot, upload, create. Whatever happens on the way, the request that creates the job is answered
 * for at most once: after a lost answer the job is looked for and adopted, never posted again. The signal counts until that
 * request is sent. Never rejects for reasons of the network or the file system.
 */
export async function startJob(input: StartJobInput, deps: StartJobDeps): Promise<Result<StartedJob>> {
  let journal: IntentJournal | null = null;
  const state = { posted: false };
  try {
    journal = await IntentJournal.open(path.join(deps.folder, 'intents'), input.intentId);
    return await run(input, deps, journal, state);
  } catch (error) {
    if (deps.signal?.aborted === true && !state.posted) {
      await journal?.append({ fact: 'cancelled' });
      return fail({
        code: 'cancelled',
        message: 'The start was cancelled before a job was created.',
        action: 'Start again when you want to.',
      });
    }
    return fail(storageProblem(error) ?? problemOf(error));
  } finally {
    await journal?.close();
  }
}

async function run(
  input: StartJobInput,
  deps: StartJobDeps,
  journal: IntentJournal,
  state: { posted: boolean },
): Promise<Result<StartedJob>> {
  const { intentId, connectionId, model, trainingFile, validationFile, name, ...params } = input;
  await journal.append({
    fact: 'planned',
    connectionId,
    model,
    trainingPath: trainingFile,
    validationPath: validationFile,
    params: { ...params, name },
  });
  const giveUp = async (problem: Problem): Promise<Result<StartedJob>> => {
    await journal.append({ fact: 'failed', code: problem.code, message: redact(problem.message) });
    return fail(problem);
  };

  const sources = [
    { role: 'training' as const, source: trainingFile },
    ...(validationFile === null ? [] : [{ role: 'validation' as const, source: validationFile }]),
  ];
  const snapshots: Snapshot[] = [];
  for (const [index, { role, source }] of sources.entries()) {
    deps.onProgress?.({ stage: 'reading', fraction: index / sources.length });
    const target = path.join(deps.folder, 'snapshots', intentId, `${role}.jsonl`);
    const snapshot = await takeSnapshot(source, target, deps.signal);
    if (!snapshot.ok) return await giveUp(snapshot.error);
    await journal.append({ fact: 'snapshot', role, ...snapshot.value });
    snapshots.push(snapshot.value);
  }

  const total = snapshots.reduce((sum, snapshot) => sum + snapshot.bytes, 0);
  const fileIds: string[] = [];
  let done = 0;
  for (const [index, { role, source }] of sources.entries()) {
    const snapshot = snapshots[index];
    if (!snapshot) continue;
    const before = done;
    const uploaded = await upload(snapshot, uploadName(source, role, intentId), role, deps, journal, (fraction) => {
      deps.onProgress?.({
        stage: 'uploading',
        fraction: total === 0 ? 1 : (before + fraction * snapshot.bytes) / total,
      });
    });
    if (!uploaded.ok) return await giveUp(uploaded.error);
    done += snapshot.bytes;
    fileIds.push(uploaded.value.id);
  }

  deps.signal?.throwIfAborted();
  const [trainingId = '', validationId = null] = fileIds;
  deps.onProgress?.({ stage: 'creating', fraction: 0 });
  const created = await create(input, trainingId, validationId, deps, journal, state);
  if (!created.ok) return await giveUp(created.error);
  const { job, adopted, duplicates } = created.value;
  await journal.append({ fact: 'created', jobId: job.id, adopted });
  const [training, validation = null] = snapshots;
  if (!training) throw new Error('A start without a training snapshot.');
  return ok({ job, adopted, duplicates, training, validation });
}

/** Unique for this intent and recognisable by people: `prices.ft-1a2b3c4d.jsonl`. The last characters: the first are the time. */
export function uploadName(source: string, role: 'training' | 'validation', intentId: string): string {
  const base = path.basename(source).replace(/\.(jsonl|ndjson|json)$/i, '') || role;
  return `${base}.ft-${intentId.slice(-8)}${role === 'validation' ? '-v' : ''}.jsonl`;
}

async function upload(
  snapshot: Snapshot,
  filename: string,
  role: 'training' | 'validation',
  deps: StartJobDeps,
  journal: IntentJournal,
  onProgress: (fraction: number) => void,
): Promise<Result<ProviderFile>> {
  const options = deps.signal ? { signal: deps.signal } : {};
  await journal.append({ fact: 'uploading', role, filename });
  for (let attempt = 1; ; attempt++) {
    let file: ProviderFile | undefined;
    try {
      file = await deps.provider.uploadFile({ path: snapshot.path }, filename, { ...options, onProgress });
    } catch (error) {
      deps.signal?.throwIfAborted();
      if (!isProviderFailure(error)) throw error;
      // A file that arrived although its answer was lost is used: a second upload would leave an orphan.
      if (error.outcome === 'unknown') file = await findFile(filename, snapshot.bytes, deps);
      if (!file && (error.advice !== 'later' || attempt >= UPLOAD_ATTEMPTS)) return fail(error.problem);
      if (!file) await sleep(deps, error.retryAfterMs ?? 1000 * attempt);
    }
    if (file) {
      await journal.append({ fact: 'uploaded', role, fileId: file.id, filename });
      return ok(file);
    }
  }
}

async function findFile(filename: string, bytes: number, deps: StartJobDeps): Promise<ProviderFile | undefined> {
  try {
    const files = await deps.provider.listFiles(deps.signal ? { signal: deps.signal } : {});
    return files.find((file) => file.filename === filename && (file.bytes === null || file.bytes === bytes));
  } catch (error) {
    deps.signal?.throwIfAborted();
    if (!isProviderFailure(error)) throw error;
    return undefined;
  }
}

type Created = Pick<StartedJob, 'job' | 'adopted' | 'duplicates'>;

async function create(
  input: StartJobInput,
  trainingFile: string,
  validationFile: string | null,
  deps: StartJobDeps,
  journal: IntentJournal,
  state: { posted: boolean },
): Promise<Result<Created>> {
  await journal.append({ fact: 'creating', trainingFile, validationFile });
  const { model, hyperparameters, suffix, seed, wandbProject } = input;
  const request = {
    model,
    method: { name: 'supervised' as const, hyperparameters },
    suffix,
    seed,
    wandb: wandbProject === null ? null : { project: wandbProject, entity: null, name: null, tags: [] },
    trainingFile,
    validationFile,
    metadata: { [INTENT_KEY]: input.intentId, [NAME_KEY]: input.name.slice(0, 512) },
  };
  for (let attempt = 0; ; attempt++) {
    try {
      // Without the signal: from here on the job may exist, so the answer is waited for.
      state.posted = true;
      const job = await deps.provider.createJob(request);
      return ok({ job, adopted: false, duplicates: [] });
    } catch (error) {
      if (!isProviderFailure(error)) throw error;
      const wait = NOT_READY_DELAYS_MS[attempt];
      if (isFileNotReady(error) && wait !== undefined) {
        // A definite refusal: nothing was created, so asking again is no second job.
        state.posted = false;
        await sleep(deps, wait);
        continue;
      }
      if (error.outcome !== 'unknown') return fail(error.problem);
      await journal.append({ fact: 'unknown', code: error.problem.code, message: redact(error.problem.message) });
      return await reconcile(input.intentId, trainingFile, error, deps);
    }
  }
}

function isFileNotReady(error: ProviderFailure): boolean {
  return (
    error.outcome === 'refused' &&
    error.status === 400 &&
    /not (yet )?ready|still being processed|not.{0,10}processed/i.test(error.message)
  );
}

async function reconcile(
  intentId: string,
  trainingFile: string,
  cause: ProviderFailure,
  deps: StartJobDeps,
): Promise<Result<Created>> {
  const delays = deps.reconcileDelaysMs ?? RECONCILE_DELAYS_MS;
  for (const [index, wait] of delays.entries()) {
    deps.onProgress?.({ stage: 'reconciling', fraction: index / delays.length });
    await sleep({ ...(deps.sleep ? { sleep: deps.sleep } : {}) }, wait);
    const found = await findJobs(intentId, trainingFile, deps);
    const [job, ...duplicates] = [...found].sort((a, b) => a.createdAt - b.createdAt);
    if (job) return ok({ job, adopted: true, duplicates });
  }
  return fail({
    code: 'start-unknown',
    message: `It is not known whether the job was created, because the answer was lost (${cause.problem.message.replace(/\.$/, '')}), and the provider's list does not show it.`,
    action: 'Look at the jobs of this connection in a few minutes, and start again only when it is not there.',
  });
}

/** By metadata; providers that ignore the filter answer with all jobs, so each is checked, and the file of this intent is a second key. */
async function findJobs(intentId: string, trainingFile: string, deps: StartJobDeps): Promise<readonly Job[]> {
  const isOurs = (job: Job): boolean => job.metadata[INTENT_KEY] === intentId || job.trainingFile === trainingFile;
  try {
    const { jobs } = await deps.provider.listJobs({ metadata: { [INTENT_KEY]: intentId } });
    const found = jobs.filter(isOurs);
    if (found.length > 0) return found;
  } catch (error) {
    if (!isProviderFailure(error)) throw error;
    // Perhaps only the filter is refused.
  }
  try {
    let after: string | undefined;
    for (let count = 0; count < MAX_JOB_PAGES; count++) {
      const page = await deps.provider.listJobs(after === undefined ? {} : { after });
      const found = page.jobs.filter(isOurs);
      if (found.length > 0 || page.next === null || page.next === after) return found;
      after = page.next;
    }
  } catch (error) {
    if (!isProviderFailure(error)) throw error;
  }
  return [];
}

async function sleep(deps: Pick<StartJobDeps, 'sleep' | 'signal'>, ms: number): Promise<void> {
  if (ms === 0) return;
  if (deps.sleep) await deps.sleep(ms, deps.signal);
  else await delay(ms, undefined, deps.signal ? { signal: deps.signal } : {});
}

function storageProblem(error: unknown): Problem | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(ENOSPC|EACCES|EPERM|EROFS|EMFILE|ENOENT|EIO)$/.test(code)) return null;
  return {
    code: 'storage-unwritable',
    message: `The extension's storage folder cannot be written (${code}).`,
    action: 'Make room or repair its permissions, then try again.',
  };
}
