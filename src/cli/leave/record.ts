// Records the answers of tuned models from the command line: planned and priced together first, then one run after the other.
import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { estimateInference, type InferenceUse } from '../../core/cost/inference.ts';
import { priceTable, type PriceTable } from '../../core/cost/prices.ts';
import type { Inventory, LeavingModel } from '../../core/leaving/inventory.ts';
import type { RecordedModel } from '../../core/leaving/leavingIndex.ts';
import type { RunConfig, TestItem } from '../../core/evaluation/types.ts';
import { isFree } from '../../core/provider/localModel.ts';
import type { Connection } from '../../core/provider/connection.ts';
import type { Provider } from '../../core/provider/api.ts';
import { readLimits } from '../../connections/limits.ts';
import { askProvider } from '../../evals/askProvider.ts';
import { budgetOf } from '../../evals/budget.ts';
import { isOver, planRun } from '../../evals/plan.ts';
import type { RunRegistry } from '../../evals/registry.ts';
import type { EvaluationRun } from '../../evals/runner.ts';
import { newIntentId } from '../../jobs/start/intentJournal.ts';
import type { LeavingFolder } from '../../leaving/leavingFolder.ts';
import { recordingSpec, saveRecording } from '../../leaving/recordings.ts';
import { countMessageTokens } from '../../local/tokens.ts';
import { readTestRows } from '../evaluate/testRows.ts';
import { refuseAboveMaxCost } from '../maxCost.ts';
import { CommandFailure } from '../options.ts';
import type { Storage } from '../target.ts';
import { createProgress, inWords, onInterrupt, say } from '../terminal.ts';
import type { LeaveOptions } from './options.ts';

/** Requests at once; the scheduler goes below it where the provider limits them. */
const CONCURRENCY = 8;

/** Model that is to be recorded, or cannot be. */
export interface PlannedRecording {
  readonly model: LeavingModel;
  /** Earlier run of this folder that goes on; null: a new one. */
  readonly run: string | null;
  readonly config: RunConfig;
  readonly items: readonly TestItem[];
}

export interface Unrecordable {
  readonly model: LeavingModel;
  readonly reason: string;
}

export interface RecordContext {
  readonly connection: Connection;
  /** Id that runs name it by. */
  readonly connectionId: string;
  readonly provider: Provider;
  readonly registry: RunRegistry;
  readonly folder: LeavingFolder;
  readonly storage: Storage;
  readonly options: LeaveOptions;
}

/** Plans a recording of every model that has a test file; asks no model. */
export async function planRecordings(
  context: RecordContext,
  { models }: Inventory,
): Promise<{ readonly planned: readonly PlannedRecording[]; readonly unrecordable: readonly Unrecordable[] }> {
  const planned: PlannedRecording[] = [];
  const unrecordable: Unrecordable[] = [];
  for (const model of models) {
    const kept = context.folder.index.recordings.find((one) => one.model === model.model);
    const testFile = model.testFile ?? context.options.testFile;
    if (kept !== undefined && kept.run !== null) {
      const opened = await context.registry.open(kept.run);
      if (opened.ok) {
        const { config, items } = opened.value;
        context.registry.close(opened.value);
        planned.push({ model, run: config.id, config, items });
        continue;
      }
    }
    if (testFile === null) {
      unrecordable.push({ model, reason: t('There is no test file for it; name one with --test-file.') });
      continue;
    }
    try {
      planned.push(await planOne(context, model, testFile));
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      unrecordable.push({ model, reason: inWords(error.problem) });
    }
  }
  return { planned, unrecordable };
}

async function planOne(
  { connectionId, registry, options }: RecordContext,
  model: LeavingModel,
  testFile: string,
): Promise<PlannedRecording> {
  const like = registry.list().find(({ config }) => config.id === model.lastEvaluation?.run)?.config ?? null;
  const first = await readTestRows(testFile, null, { countTokens: true });
  const spec = recordingSpec({
    model: model.model,
    label: model.title,
    connection: connectionId,
    testFile,
    answers: first.answers,
    answerPrefix: null,
    like,
    samples: options.samples,
  });
  const rows = spec.answerPrefix === null ? first : await readTestRows(testFile, spec.answerPrefix);
  const config = planRun({
    spec,
    name: path.basename(testFile),
    testFile,
    rows,
    floors: {},
    connectionIds: new Map([[model.title, connectionId]]),
    id: newIntentId(),
    concurrency: CONCURRENCY,
    ...(model.jobId === null ? {} : { more: { jobId: model.jobId } }),
  });
  if (!config.ok) throw new CommandFailure(config.error);
  return { model, run: null, config: config.value, items: rows.items };
}

/**
 * Prices what is still open of all recordings together. @throws CommandFailure with exit code 3 when that is not allowed
 * @returns the amount that each may cost, in US dollars; null: unknown, any amount is allowed
 */
export async function priceRecordings(
  { connection, registry, storage, options }: RecordContext,
  planned: readonly PlannedRecording[],
): Promise<{ readonly table: PriceTable; readonly usdOf: (recording: PlannedRecording) => number | null }> {
  const { limits, problem } = await readLimits(storage.folder);
  if (problem !== null) say(inWords(problem));
  const table = priceTable(limits.prices);
  const uses: { recording: PlannedRecording; use: InferenceUse }[] = [];
  for (const recording of planned) {
    const { model, config, items, run } = recording;
    if (isFree(connection, model.model)) continue;
    const opened = run === null ? null : await registry.open(run);
    let open = items;
    if (opened?.ok === true) {
      open = isOver(opened.value) ? [] : opened.value.openItems(askedId(config, model.model));
      registry.close(opened.value);
    }
    if (open.length === 0) continue;
    const samples = config.samples ?? 1;
    const inputTokens = open.reduce((sum, { messages }) => sum + countMessageTokens(messages), 0) * samples;
    const most = config.contestants[0]?.maxTokens ?? config.sampling.maxTokens;
    uses.push({
      recording,
      use: { model: model.model, inputTokens, outputTokens: open.length * samples * most },
    });
  }
  const { usd, sentence } =
    uses.length === 0
      ? { usd: 0, sentence: '' }
      : estimateInference(
          uses.map(({ use }) => use),
          { prices: table },
        );
  refuseAboveMaxCost(usd, sentence, options.maxCost, limits.cap, {
    ifUnknown: t('Allow any amount with --max-cost none.'),
    orMore: t('Allow more; what was downloaded stays.'),
    orAllow: (amount) => t('Allow it with --max-cost {0}; what was downloaded stays.', amount),
  });
  return {
    table,
    usdOf: (recording) => {
      const found = uses.find((one) => one.recording === recording);
      return found === undefined ? 0 : estimateInference([found.use], { prices: table }).usd;
    },
  };
}

function askedId({ contestants }: RunConfig, model: string): string {
  return contestants.find((one) => one.model === model)?.id ?? 'c1';
}

/** Asks what is open of one recording, and writes what there is of it into the folder, however it ended. */
export async function record(
  context: RecordContext,
  recording: PlannedRecording,
  table: PriceTable,
  usd: number | null,
): Promise<{ readonly recorded: RecordedModel; readonly interrupted: boolean }> {
  const { registry, provider, folder, connection } = context;
  const { model, config, items } = recording;
  const run = recording.run === null ? await registry.create(config, items) : await openRun(registry, recording.run);
  const contestant = askedId(run.config, model.model);
  try {
    // Listed before the first request: a process that is killed finds its run again.
    if (recording.run === null) await saveRecording(folder, run, contestant);
    const interrupted = isOver(run)
      ? false
      : await ask(run, provider, model, isFree(connection, model.model), table, usd);
    return { recorded: await saveRecording(folder, run, contestant), interrupted };
  } finally {
    registry.close(run);
  }
}

async function openRun(registry: RunRegistry, id: string): Promise<EvaluationRun> {
  const opened = await registry.open(id);
  if (!opened.ok) throw new CommandFailure(opened.error);
  return opened.value;
}

async function ask(
  run: EvaluationRun,
  provider: Provider,
  { model, title }: LeavingModel,
  free: boolean,
  table: PriceTable,
  usd: number | null,
): Promise<boolean> {
  let interrupted = false;
  const release = onInterrupt(() => {
    interrupted = true;
    run.cancel();
  });
  const progress = createProgress();
  const listening = run.onDidChange(() => {
    progress.show(t('Recording {0}: {1} of {2} answers…', title, run.answered, run.items.length), true);
  });
  const paid = new Map(free ? [] : [[askedId(run.config, model), model] as const]);
  const budget = budgetOf(run, usd, paid, table);
  try {
    const result = await run.start(run.config.testFile.sha256, {
      ask: askProvider({ get: () => Promise.resolve(provider) }, run.config),
      ...(budget === undefined ? {} : { budget }),
    });
    if (!result.ok) say(inWords(result.error));
    else if (run.notice !== null) say(inWords(run.notice));
    return interrupted;
  } finally {
    listening.dispose();
    progress.end();
    release();
  }
}
