import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isProviderFailure } from '../../core/provider/failure.ts';
import { t } from '../../core/base/messages.ts';
import { redact } from '../../core/base/redact.ts';
import { fail, ok, type Problem, type Result } from '../../core/base/result.ts';
import type { Job } from '../../core/training/job.ts';
import { isAnyUnready, untilReady, type WaitingFile } from './fileReady.ts';
import type { FileRole } from './intentJournal.ts';
import { elsewhere, forgetStart, type Saga, withIntent } from './intentOwner.ts';
import { type IntentState, intentState } from './intentState.ts';
import type { LocalFacts } from '../store/jobRecord.ts';
import { reconcile } from './reconcile.ts';
import { sleep } from './sleep.ts';
import { INTENT_KEY, NAME_KEY, type StartedJob, type StartJobDeps, type StartJobInput } from './startContract.ts';
import { hashOfFile, takeSnapshot, type Snapshot } from './snapshot.ts';
import { storageProblem } from '../../storage/storageProblem.ts';
import { updateUnfinished } from './unfinished.ts';
import { upload, uploadName } from './upload.ts';

export type { StartedJob, StartJobDeps, StartJobInput, StartStage } from './startContract.ts';

/** Waits in ms before a job is requested once more whose files the provider was not done with. */
const NOT_READY_DELAYS_MS = [1000, 2000, 5000, 10_000, 20_000];

/**
 * Starts one fine-tuning job: snapshot, upload, create. The request that creates the job takes effect at most once in every case: after
 * a lost answer the job is looked for and adopted, never posted again. The signal counts until that request is sent. Never rejects for
 * reasons of the network or the file system.
 */
export async function startJob(input: StartJobInput, deps: StartJobDeps): Promise<Result<StartedJob>> {
  return await withIntent(input.intentId, deps, async (saga) => {
    const { intentId, connectionId, model, trainingFile, validationFile, ...params } = input;
    const paramsHash = hashOf({ connectionId, model, trainingFile, validationFile, ...params });
    const state = await intentState(deps.folder, intentId);
    if (state.planned) return fail(elsewhere());
    await updateUnfinished(deps.folder, ({ connections, starts }) => ({ connections, starts: [...starts, intentId] }));
    deps.failpoint?.('noted');
    await saga.journal.append({
      fact: 'planned',
      connectionId,
      model,
      trainingPath: trainingFile,
      validationPath: validationFile,
      params,
      paramsHash,
      priceQuote: input.local?.priceEstimate ?? null,
    });
    deps.failpoint?.('planned');
    return await goOn(input, state, deps, saga);
  });
}

/** Continues from the stage of `state` up to the request for the job; `state.creating` must be null. */
export async function goOn(
  input: StartJobInput,
  state: IntentState,
  deps: StartJobDeps,
  saga: Saga,
): Promise<Result<StartedJob>> {
  const { intentId, connectionId, trainingFile, validationFile } = input;
  const sources: { readonly role: FileRole; readonly source: string }[] = [{ role: 'training', source: trainingFile }];
  if (validationFile !== null) sources.push({ role: 'validation', source: validationFile });

  const snapshots: Snapshot[] = [];
  for (const [index, { role, source }] of sources.entries()) {
    deps.onProgress?.({ stage: 'reading', fraction: index / sources.length });
    const snapshot = await snapshotOf(role, source, state, input, deps);
    if (!snapshot.ok) return await giveUp(snapshot.error, deps, saga);
    if (!state.snapshots[role]) await saga.journal.append({ fact: 'snapshot', role, ...snapshot.value });
    deps.failpoint?.(`snapshot ${role}`);
    snapshots.push(snapshot.value);
  }

  const total = snapshots.reduce((sum, snapshot) => sum + snapshot.bytes, 0);
  const files: WaitingFile[] = [];
  let reused = false;
  let done = 0;
  for (const [index, { role, source }] of sources.entries()) {
    const snapshot = snapshots[index];
    if (!snapshot) continue;
    const before = done;
    const onProgress = (fraction: number): void => {
      const share = total === 0 ? 1 : (before + fraction * snapshot.bytes) / total;
      deps.onProgress?.({ stage: 'uploading', fraction: share });
    };
    const filename = uploadName(nameOf(source, role, input, deps), role, intentId);
    const uploaded = await upload({ role, snapshot, filename, connectionId, state, onProgress }, deps, saga.journal);
    if (!uploaded.ok) return await giveUp(uploaded.error, deps, saga);
    deps.failpoint?.(`uploaded ${role}`);
    done += snapshot.bytes;
    files.push({ role, filename, id: uploaded.value.id, status: uploaded.value.status });
    if (role === 'training') reused = uploaded.value.reused;
  }

  for (const file of files) {
    const ready = await untilReady(file, deps);
    if (!ready.ok) return await giveUp(ready.error, deps, saga);
  }

  deps.signal?.throwIfAborted();
  const [trainingId = '', validationId = null] = files.map(({ id }) => id);
  const [training, validation = null] = snapshots;
  if (!training) throw new Error('A start without a training snapshot.');
  deps.onProgress?.({ stage: 'creating', fraction: 0 });
  const created = await create(input, { trainingId, validationId, ownFile: !reused }, deps, saga);
  if (!created.ok) return created;
  return ok(await finish(input, created.value, { training, validation }, deps, saga));
}

/** Returns the copy that an interrupted start had made, or a new one. */
async function snapshotOf(
  role: FileRole,
  source: string,
  state: IntentState,
  { intentId, checked }: Pick<StartJobInput, 'intentId' | 'checked'>,
  deps: StartJobDeps,
): Promise<Result<Snapshot>> {
  const target = path.join(deps.folder, 'snapshots', intentId, `${role}.jsonl`);
  const before = state.snapshots[role];
  if (!before) {
    const first = await takeSnapshot(source, target, deps.signal);
    const confirmed = checked?.[role];
    if (!first.ok || confirmed === undefined || first.value.sourceSha256 === confirmed) return first;
    // The start has ended, and copies of unchecked data have no use.
    await rm(path.dirname(target), { recursive: true, force: true });
    return fail({
      code: 'dataset-changed',
      message: t('{0} was changed since it was checked, so nothing was uploaded.', path.basename(source)),
      action: t('Check it again and start with its current content.'),
    });
  }
  const { path: file, sha256, sourceSha256, bytes } = before;
  if ((await hashOfFile(file, deps.signal)) === sha256) return ok({ path: file, sha256, sourceSha256, bytes });
  const second = await takeSnapshot(source, target, deps.signal);
  if (!second.ok || second.value.sha256 === sha256) return second;
  return fail({
    code: 'dataset-changed',
    message: t(
      '{0} was changed after this start was confirmed, and the copy from that time is gone.',
      path.basename(source),
    ),
    action: t('Start again with the current dataset.'),
  });
}

interface Created {
  readonly job: Job;
  readonly adopted: boolean;
  readonly duplicates: readonly Job[];
}

async function create(
  input: StartJobInput,
  files: { readonly trainingId: string; readonly validationId: string | null; readonly ownFile: boolean },
  deps: StartJobDeps,
  saga: Saga,
): Promise<Result<Created>> {
  const { intentId, model, method, suffix, seed, wandb, name } = input;
  const { trainingId: trainingFile, validationId: validationFile } = files;
  const metadata = { ...input.metadata, [INTENT_KEY]: intentId, [NAME_KEY]: name.slice(0, 512) };
  const request = { model, method, suffix, seed, wandb, trainingFile, validationFile, metadata };
  await saga.journal.append({ fact: 'creating', trainingFile, validationFile });
  deps.failpoint?.('creating');
  for (let attempt = 0; ; attempt++) {
    // A process that was suspended for minutes may have been replaced by another one.
    if (!(await saga.lease.check())) return fail(elsewhere());
    try {
      // No signal: from here on the job may exist, so the answer is awaited.
      saga.posted = true;
      const job = await deps.provider.createJob(request);
      deps.failpoint?.('answered');
      return ok({ job, adopted: false, duplicates: [] });
    } catch (error) {
      if (!isProviderFailure(error)) throw error;
      const wait = NOT_READY_DELAYS_MS[attempt];
      if (error.outcome === 'refused' && error.status === 400 && wait !== undefined) {
        // A definite refusal: nothing was created, so another request makes no second job.
        saga.posted = false;
        const fileIds = validationFile === null ? [trainingFile] : [trainingFile, validationFile];
        if (await isAnyUnready(fileIds, deps)) {
          await sleep(deps, wait);
          continue;
        }
      }
      if (error.outcome !== 'unknown') return await giveUp(error.problem, deps, saga);
      const { code, message } = error.problem;
      // A full disk must not prevent the search for the job: the journal already says that the request was sent.
      await saga.journal.append({ fact: 'unknown', code, message: redact(message) }).catch(() => undefined);
      deps.failpoint?.('unknown');
      return await adopt({ intentId, trainingFile, ownFile: files.ownFile }, message, deps);
    }
  }
}

/**
 * Finds the job of an intent whose answer was lost; fails with `start-unknown` when there is none to see.
 * @param cause sentence about the loss
 */
export async function adopt(
  mark: Parameters<typeof reconcile>[0],
  cause: string,
  deps: StartJobDeps,
): Promise<Result<Created>> {
  const [job, ...duplicates] = await reconcile(mark, deps);
  if (job) return ok({ job, adopted: true, duplicates });
  return fail({
    code: 'start-unknown',
    message: `${t("The answer was lost, so it is not known whether the job was created, and the provider's list does not show it.")} ${cause}`,
    action: t('Look at the jobs of this connection in a few minutes, and start again only when it is not there.'),
  });
}

/** Writes down the created job, puts it into the store and removes its start from the list of unfinished ones. */
export async function finish(
  input: StartJobInput,
  created: Created,
  snapshots: Pick<StartedJob, 'training' | 'validation'>,
  deps: StartJobDeps,
  saga: Pick<Saga, 'journal'>,
): Promise<StartedJob> {
  const { job, adopted } = created;
  const metadataKept = job.metadata[INTENT_KEY] === input.intentId;
  const local = localFactsOf(input, snapshots);
  try {
    await saga.journal.append({ fact: 'created', jobId: job.id, adopted, metadataKept });
    deps.failpoint?.('created');
    if (deps.jobs) {
      deps.jobs.update(input.connectionId, job.id, { job, local });
      await deps.jobs.flush();
    }
    deps.failpoint?.('recorded');
    await forgetStart(deps.folder, input.intentId);
  } catch (error) {
    // The job exists and must not look like a failed start; the provider's list will show it again.
    if (storageProblem(error, deps.folder) === null) throw error;
  }
  return { ...created, ...snapshots, local };
}

/** Facts for the job's record. */
export function localFactsOf(
  input: StartJobInput,
  { training, validation }: Pick<StartedJob, 'training' | 'validation'>,
): Partial<LocalFacts> {
  return {
    name: input.name,
    trainingPath: training?.path ?? null,
    validationPath: validation?.path ?? null,
    sourcePath: input.trainingFile,
    sourceSha256: training?.sourceSha256 ?? null,
    askedHyperparameters: input.method.hyperparameters,
    askedAdvanced: input.method.advanced ?? null,
    ...input.local,
    startedHere: true,
    intentId: input.intentId,
  };
}

async function giveUp(problem: Problem, deps: StartJobDeps, saga: Saga): Promise<Result<never>> {
  await saga.journal.append({ fact: 'failed', code: problem.code, message: redact(problem.message) });
  await forgetStart(deps.folder, saga.journal.intentId);
  return fail(problem);
}

/** Source that names the uploaded file: a start from the copies of an earlier one keeps the name of the dataset. */
function nameOf(source: string, role: FileRole, input: StartJobInput, deps: StartJobDeps): string {
  const isCopy = !path.relative(path.join(deps.folder, 'snapshots'), source).startsWith('..');
  return (isCopy && role === 'training' ? input.local?.sourcePath : null) ?? source;
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
