import type { MetricColumns } from '../curves/columns.ts';
import { familyOf } from '../curves/families.ts';
import { ADVANCED } from '../advanced.ts';
import type { AdvancedSettings, Hyperparameters, Job } from '../job.ts';
import { sweepOf } from '../sweep/sweepMetadata.ts';
import { advancedValueInWords } from '../words/advancedText.ts';
import { jobTitle } from '../words/describe.ts';
import { deviceInWords, tokensPerSecond } from '../words/trainedOnText.ts';

/** Text, number or nothing known. Times are Unix seconds, durations seconds, money US dollars, memory bytes. */
export type CellValue = string | number | null;

/** A job as a row of the Jobs table and as a column of the settings above charts. */
export interface JobRow {
  readonly connectionId: string;
  readonly jobId: string;
  readonly starred: boolean;
  readonly hidden: boolean;
  /** Newest evaluation run of its model that says something; null: none. */
  readonly runId: string | null;
  /** Values by the id of their column; absent means the same as null. */
  readonly values: Readonly<Record<string, CellValue>>;
  /** Columns whose value the provider chose, since `auto` was asked for. */
  readonly automatic: readonly string[];
}

/** Facts of a job that its row is made of. */
export interface RowSource {
  readonly job: Job;
  readonly curve: MetricColumns;
  readonly connectionName: string;
  /** US dollars by the trained tokens; null while unknown. */
  readonly cost: number | null;
  readonly local: {
    readonly name: string | null;
    readonly starred: boolean;
    readonly hidden: boolean;
    readonly priceEstimate: number | null;
    readonly examples: number | null;
    readonly sourceSha256: string | null;
    readonly askedHyperparameters: Hyperparameters | null;
  };
  /** Names of the files as the user knows them; null: unknown. */
  readonly dataset: string | null;
  readonly validation: string | null;
  readonly evaluation: RowEvaluation | null;
  /** It stopped early, so that its checkpoint with the lowest full validation loss is the model. */
  readonly stoppedEarly: boolean;
}

/** What the newest evaluation of a job's model says. */
export interface RowEvaluation {
  readonly runId: string;
  readonly metric: string;
  readonly value: number | null;
  /** Figure and claim in words. */
  readonly text: string;
}

/** Characters of a dataset's hash that are shown, compared and written. */
const HASH_CHARACTERS = 12;

export function rowKey({ connectionId, jobId }: Pick<JobRow, 'connectionId' | 'jobId'>): string {
  return `${connectionId} ${jobId}`;
}

/** Makes the row of a job. Each point of a curve is looked at once, however often its row is made. */
export function jobRow(source: RowSource, connectionId: string): JobRow {
  const { job, curve, local, evaluation } = source;
  const { sourceSha256 } = local;
  const { trainedOn } = job;
  const asked = local.askedHyperparameters;
  const parameters = Object.entries(job.hyperparameters) as readonly [keyof Hyperparameters, CellValue][];
  return {
    connectionId,
    jobId: job.id,
    starred: local.starred,
    hidden: local.hidden,
    runId: evaluation?.runId ?? null,
    automatic: parameters
      .filter(([name, value]) => asked?.[name] === 'auto' && value !== 'auto')
      .map(([name]) => `set.${name}`),
    values: {
      name: jobTitle(job, local.name),
      status: job.status,
      connection: source.connectionName,
      model: job.model,
      method: job.method,
      created: job.createdAt > 0 ? job.createdAt : null,
      duration: job.finishedAt === null || job.createdAt <= 0 ? null : job.finishedAt - job.createdAt,
      cost: source.cost,
      estimate: local.priceEstimate,
      tokens: job.trainedTokens,
      examples: local.examples,
      dataset: source.dataset,
      hash: sourceSha256 === null ? null : sourceSha256.slice(0, HASH_CHARACTERS),
      validation: source.validation,
      seed: job.seed,
      suffix: job.suffix,
      speed: tokensPerSecond(job),
      device: trainedOn === undefined ? null : deviceInWords(trainedOn),
      memory: trainedOn?.peakMemory ?? null,
      workers: trainedOn?.workers ?? null,
      nodes: trainedOn?.nodes ?? null,
      sweep: sweepOf(job.metadata),
      step: curve.length === 0 ? null : curve.stepAt(curve.length - 1),
      tuned: job.fineTunedModel,
      id: job.id,
      ...Object.fromEntries(parameters.map(([name, value]) => [`set.${name}`, value])),
      ...advancedValues(job.advanced),
      ...figuresOf(curve),
      'last.model_valid_loss': lossOfModel(source),
      ...(evaluation === null ? {} : { evaluation: evaluation.text, [`eval.${evaluation.metric}`]: evaluation.value }),
    },
  };
}

/** Loss of the model on all validation examples; null while there is no model, and where that loss is not told. */
function lossOfModel({ job, curve, stoppedEarly }: RowSource): number | null {
  if (job.status !== 'succeeded' || !curve.names.includes('full_valid_loss')) return null;
  const { last, lowest } = extremesOf(curve, 'full_valid_loss');
  return stoppedEarly ? lowest : last;
}

/** Settings of the open-weights trainer, in columns beside the hyperparameters. */
function advancedValues(settings: AdvancedSettings = {}): Record<string, CellValue> {
  const values = ADVANCED.filter(({ name }) => settings[name] !== undefined).map(({ name }) => {
    const value = settings[name];
    return [`set.${name}`, typeof value === 'number' ? value : advancedValueInWords(name, settings)] as const;
  });
  return Object.fromEntries(values);
}

/** Last and best figure of each metric; the best one only where better means lower (losses) or higher (accuracy, reward). */
function figuresOf(curve: MetricColumns): Record<string, CellValue> {
  const figures: Record<string, CellValue> = {};
  for (const name of curve.names) {
    const family = familyOf(name);
    if (family === null) continue;
    const { last, lowest, highest } = extremesOf(curve, name);
    figures[`last.${name}`] = last;
    if (family === 'loss') figures[`best.${name}`] = lowest;
    else if (family === 'accuracy' || family === 'reward') figures[`best.${name}`] = highest;
  }
  return figures;
}

interface Extremes {
  /** Points that were looked at. */
  readonly length: number;
  readonly edits: number;
  readonly last: number | null;
  readonly lowest: number | null;
  readonly highest: number | null;
}

/** Extremes by metric, kept with the curve: where points were only appended, the walk goes on from the last one. */
const known = new WeakMap<MetricColumns, Map<string, Extremes>>();

/**
 * Looks at up to `most` more points of each metric of a curve, for a row that is made later.
 * @returns whether some are left
 */
export function walkPoints(curve: MetricColumns, most: number): boolean {
  let isLeft = false;
  for (const name of curve.names) {
    if (familyOf(name) !== null && extremesOf(curve, name, most).length < curve.series(name).length) isLeft = true;
  }
  return isLeft;
}

/** @param most points that are looked at now, behind those that were looked at before */
function extremesOf(curve: MetricColumns, name: string, most = Infinity): Extremes {
  const { ys, length, edits } = curve.series(name);
  let all = known.get(curve);
  if (!all) known.set(curve, (all = new Map<string, Extremes>()));
  const before = all.get(name);
  const goesOn = before?.edits === edits && before.length <= length;
  if (goesOn && before.length === length) return before;
  let lowest = (goesOn ? before.lowest : null) ?? Infinity;
  let highest = (goesOn ? before.highest : null) ?? -Infinity;
  const from = goesOn ? before.length : 0;
  const end = Math.min(length, from + most);
  for (let i = from; i < end; i++) {
    const value = ys[i] ?? Number.NaN;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  const isEmpty = end === 0;
  const found: Extremes = {
    length: end,
    edits,
    last: isEmpty ? null : (ys[end - 1] ?? null),
    lowest: isEmpty ? null : lowest,
    highest: isEmpty ? null : highest,
  };
  all.set(name, found);
  return found;
}
