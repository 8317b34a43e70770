import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Provider } from '../../core/provider/api.ts';
import { isProviderFailure } from '../../core/provider/failure.ts';
import { fail, ok, type Result } from '../../core/base/result.ts';
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

/** A start that was interrupted: the window died, or the answer to the request for the job was lost. */
export interface UnfinishedStart {
  readonly intentId: string;
  readonly connectionId: string;
  readonly name: string;
  readonly model: string;
  /** The dataset as it was chosen. */
  readonly trainingPath: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** US dollars that were shown; null when nobody knows. */
  readonly priceQuote: number | null;
  /**
   * `planned`, `uploading`, `uploaded`: no job was asked for, going on is safe. `unknown`: there may be a job: `resumeStart` looks for
   * it and posts nothing. `created`: there is a job and only our record of it is missing; going on costs nothing.
   */
  readonly stage: Extract<IntentStage, 'planned' | 'uploading' | 'uploaded' | 'unknown' | 'created'>;
  readonly files: readonly { readonly role: FileRole; readonly fileId: string; readonly filename: string }[];
}

/** Interrupted starts, oldest first, from the journals. A start that another living process goes on with is none. */
export async function unfinishedStarts(folder: string): Promise<readonly UnfinishedStart[]> {
  const { starts } = await readUnfinished(folder);
  const unfinished: UnfinishedStart[] = [];
  for (const state of await readIntents(folder)) {
    const { stage, planned } = state;
    if (!planned || stage === 'failed' || stage === 'cancelled' || stage === 'dismissed') continue;
    // Recorded long ago, unless the list still says otherwise.
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
      files: Object.values(state.files).map(({ role, fileId, filename }) => ({ role, fileId, filename })),
    });
  }
  return unfinished;
}

/**
 * When the job of an interrupted start is looked for, each a wait in ms: at once and after 2 and 5 s. The one who comes back waits for
 * the answer, and the start itself had looked for a minute and a half when the answer was lost, because lists may lag.
 */
export const LOOK_FOR_LOST_MS: readonly number[] = [0, 2000, 5000];

export interface ResumeOptions {
  /** The person was asked and said yes: when no job is found, a new start of the same settings is made (another intent, another bill). */
  readonly startAgain?: boolean;
  /** When the job that may exist is looked for, each a wait in ms; what is asked for anew is looked for as ever. */
  readonly lookDelaysMs?: readonly number[];
}

/**
 * Goes on with an interrupted start where it stood: what was uploaded is used, and once the job was asked for it is only looked for.
 * Fails with `start-unknown` when it cannot be found; nothing is posted a second time unless `startAgain` says that a person wants it.
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
        message: 'There is nothing left to go on with: this start has ended, or its journal cannot be read.',
        action: 'Start again from the dataset.',
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

/** The person does not want it any more: forgotten, with its snapshot; what was uploaded is left and shows up among the orphans. */
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

/** What the journals know of the jobs that were started here, by the name of the job's file in the store. */
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
  return await adopt(mark, 'the start was interrupted', deps);
}

/** What was asked for, as it was written down; null when a part is missing. */
function inputOf({ intentId, planned }: IntentState): StartJobInput | null {
  if (!planned) return null;
  const { connectionId, model, trainingPath: trainingFile, validationPath: validationFile } = planned;
  // Written by this module, in `startJob`: everything of the input that is not named above.
  const params = planned.params as Partial<
    Pick<StartJobInput, 'method' | 'name' | 'suffix' | 'seed' | 'wandb' | 'checked' | 'local'>
  >;
  if (params.method === undefined || typeof params.name !== 'string') return null;
  const { method, name, suffix = null, seed = null, wandb = null, ...rest } = params;
  return { ...rest, intentId, connectionId, model, trainingFile, validationFile, method, name, suffix, seed, wandb };
}

function snapshotIn(state: IntentState, role: FileRole): Snapshot | null {
  const fact = state.snapshots[role];
  return fact ? { path: fact.path, sha256: fact.sha256, sourceSha256: fact.sourceSha256, bytes: fact.bytes } : null;
}

/** Starting again means the same data: the copies of then, not what the files have become. */
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
