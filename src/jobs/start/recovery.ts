import { rm } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import type { Provider } from '../../core/provider/api.ts';
import { isProviderFailure } from '../../core/provider/failure.ts';
import { fail, ok, type Result } from '../../core/base/result.ts';
import { sweepOf } from '../../core/training/sweep/sweepMetadata.ts';
import { type FileRole, IntentJournal, intentLease, intentsFolder, newIntentId } from './intentJournal.ts';
import { forgetStart, START_SILENT_MS, withIntent } from './intentOwner.ts';
import { type IntentStage, type IntentState, intentState, readIntents } from './intentState.ts';
import type { LocalFacts } from '../store/jobRecord.ts';
import { isHeld } from '../../storage/lease.ts';
import { recordFileName } from '../store/recordFile.ts';
import type { StartedJob, StartJobDeps, StartJobInput } from './startContract.ts';
import type { Snapshot } from './snapshot.ts';
import { adopt, finish, goOn, localFactsOf, startJob } from './startJob.ts';
import { readUnfinished } from './unfinished.ts';

/** Interrupted start: the window died, or the answer to the request for the job was lost. */
export interface UnfinishedStart {
  readonly intentId: string;
  readonly connectionId: string;
  readonly name: string;
  readonly model: string;
  /** Path of the dataset as the user chose it. */
  readonly trainingPath: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** US dollars that were shown; null when unknown. */
  readonly priceQuote: number | null;
  /**
   * `planned`, `uploading`, `uploaded`: no job was requested, resuming is safe. `unknown`: there may be a job: `resumeStart` looks for
   * it and posts nothing. `created`: there is a job and only our record of it is missing; resuming costs nothing.
   */
  readonly stage: Extract<IntentStage, 'planned' | 'uploading' | 'uploaded' | 'unknown' | 'created'>;
  readonly files: readonly { readonly role: FileRole; readonly fileId: string; readonly filename: string }[];
  /** Sweep that goes on with it by itself; absent or null: none. */
  readonly sweep?: string | null;
}

/** Lists interrupted starts from the journals, oldest first, without those that another living process continues. */
export async function unfinishedStarts(folder: string): Promise<readonly UnfinishedStart[]> {
  const { starts } = await readUnfinished(folder);
  const unfinished: UnfinishedStart[] = [];
  for (const state of await readIntents(folder)) {
    const { stage, planned } = state;
    if (!planned || stage === 'failed' || stage === 'cancelled' || stage === 'dismissed') continue;
    // Recorded long ago, unless the list still has it.
    if (stage === 'created' && !starts.includes(state.intentId)) continue;
    if (await isHeld(intentLease(intentsFolder(folder), state.intentId), START_SILENT_MS)) continue;
    const input = inputOf(state);
    unfinished.push({
      intentId: state.intentId,
      connectionId: planned.connectionId,
      name: input?.name ?? path.basename(planned.trainingPath),
      model: planned.model,
      trainingPath: input?.local?.sourcePath ?? planned.trainingPath,
      startedAt: state.startedAt,
      priceQuote: planned.priceQuote,
      stage,
      sweep: sweepOf(input?.metadata ?? {}),
      files: Object.values(state.files).map(({ role, fileId, filename }) => ({ role, fileId, filename })),
    });
  }
  return unfinished;
}

/**
 * Waits in ms before each look for the job of an interrupted start: at once and after 2 and 5 s. The returning user waits for the
 * answer, and the start itself had looked for a minute and a half when the answer was lost, because lists may lag.
 */
export const LOOK_FOR_LOST_MS: readonly number[] = [0, 2000, 5000];

export interface ResumeOptions {
  /** The user agreed to a new start of the same settings when no job is found (another intent, another bill). */
  readonly startAgain?: boolean;
  /** Waits in ms before each look for the job that may exist; a newly requested job is looked for with the usual waits. */
  readonly lookDelaysMs?: readonly number[];
}

/**
 * Resumes an interrupted start at its stage: uploaded files are used, and a job that was requested is only looked for.
 * Fails with `start-unknown` when it cannot be found; nothing is posted a second time unless the user agreed (`startAgain`).
 */
export async function resumeStart(
  intentId: string,
  deps: StartJobDeps,
  options: ResumeOptions = {},
): Promise<Result<StartedJob>> {
  const again: { input: StartJobInput | null } = { input: null };
  const result = await withIntent(intentId, deps, async (saga) => {
    const state = await intentState(deps.folder, intentId);
    const input = inputOf(state);
    if (!input || state.stage === 'failed' || state.stage === 'cancelled' || state.stage === 'dismissed') {
      await forgetStart(deps.folder, intentId);
      return fail({
        code: 'start-over',
        message: t('This start cannot be resumed: it has ended, or its journal cannot be read.'),
        action: t('Start again from the dataset.'),
      });
    }
    if (!state.creating) return await goOn(input, state, deps, saga);
    saga.posted = true;
    const snapshots = { training: snapshotIn(state, 'training'), validation: snapshotIn(state, 'validation') };
    const { lookDelaysMs = deps.reconcileDelaysMs } = options;
    const found = await findJob(
      state,
      lookDelaysMs === undefined ? deps : { ...deps, reconcileDelaysMs: lookDelaysMs },
    );
    if (found.ok) return ok(await finish(input, found.value, snapshots, deps, saga));
    if (found.error.code === 'start-unknown' && options.startAgain === true) {
      again.input = { ...input, ...sourcesOf(state, input), intentId: newIntentId() };
      await saga.journal.append({ fact: 'dismissed', replacedBy: again.input.intentId });
      await forgetStart(deps.folder, intentId);
    }
    return found;
  });
  return again.input === null ? result : await startJob(again.input, deps);
}

/** Discards a start that the user no longer wants, with its snapshot; uploaded files stay and show up among the orphans. */
export async function dismissStart(
  intentId: string,
  deps: { readonly folder: string; readonly provider?: Pick<Provider, 'cancelUpload'> },
): Promise<void> {
  const state = await intentState(deps.folder, intentId);
  const journal = await IntentJournal.open(intentsFolder(deps.folder), intentId);
  try {
    await journal.append({ fact: 'dismissed', replacedBy: null });
  } finally {
    await journal.close();
  }
  await forgetStart(deps.folder, intentId);
  await rm(path.join(deps.folder, 'snapshots', intentId), { recursive: true, force: true });
  for (const { role, uploadId } of Object.values(state.uploads)) {
    // An upload that was not completed expires by itself within the hour.
    if (!state.files[role]) await deps.provider?.cancelUpload(uploadId).catch(() => undefined);
  }
}

/** Reads the facts of the jobs that were started here from the journals, by the name of the job's file in the store. */
export async function localFactsOfStarts(folder: string): Promise<ReadonlyMap<string, Partial<LocalFacts>>> {
  const facts = new Map<string, Partial<LocalFacts>>();
  for (const state of await readIntents(folder)) {
    const input = inputOf(state);
    if (!input || !state.created) continue;
    const snapshots = { training: snapshotIn(state, 'training'), validation: snapshotIn(state, 'validation') };
    facts.set(recordFileName(input.connectionId, state.created.jobId), localFactsOf(input, snapshots));
  }
  return facts;
}

async function findJob(state: IntentState, deps: StartJobDeps): Promise<Awaited<ReturnType<typeof adopt>>> {
  const { created, creating, files, intentId } = state;
  if (created) {
    try {
      const job = await deps.provider.retrieveJob(created.jobId);
      return ok({ job, adopted: created.adopted, duplicates: [] });
    } catch (error) {
      if (!isProviderFailure(error)) throw error;
      return fail(error.problem);
    }
  }
  const mark = { intentId, trainingFile: creating?.trainingFile ?? '', ownFile: files.training?.reused === false };
  return await adopt(mark, t('The start was interrupted.'), deps);
}

/** Restores the input of a start from its journal; null when a part is missing. */
function inputOf({ intentId, planned }: IntentState): StartJobInput | null {
  if (!planned) return null;
  const { connectionId, model, trainingPath: trainingFile, validationPath: validationFile } = planned;
  // Written by this module, in `startJob`: everything of the input that is not named above.
  const params = planned.params as Partial<
    Pick<StartJobInput, 'method' | 'name' | 'suffix' | 'seed' | 'wandb' | 'checked' | 'local' | 'metadata'>
  >;
  if (params.method === undefined || typeof params.name !== 'string') return null;
  const { method, name, suffix = null, seed = null, wandb = null, ...rest } = params;
  return { ...rest, intentId, connectionId, model, trainingFile, validationFile, method, name, suffix, seed, wandb };
}

function snapshotIn(state: IntentState, role: FileRole): Snapshot | null {
  const fact = state.snapshots[role];
  return fact ? { path: fact.path, sha256: fact.sha256, sourceSha256: fact.sourceSha256, bytes: fact.bytes } : null;
}

/** Sources of a new start with the same data: the original copies, not the current files. */
function sourcesOf(
  state: IntentState,
  input: StartJobInput,
): Pick<StartJobInput, 'trainingFile' | 'validationFile' | 'checked' | 'local'> {
  const { training, validation } = state.snapshots;
  const { checked } = input;
  const validationHash = validation?.sha256 ?? checked?.validation;
  return {
    trainingFile: training?.path ?? input.trainingFile,
    validationFile: validation?.path ?? input.validationFile,
    // A copy without the byte order mark has another hash than its source.
    ...(checked === undefined
      ? {}
      : {
          checked: {
            training: training?.sha256 ?? checked.training,
            ...(validationHash === undefined ? {} : { validation: validationHash }),
          },
        }),
    local: { sourcePath: input.trainingFile, ...input.local },
  };
}
