import { listOf, t, tn } from '../../../core/base/messages.ts';
import { dollars } from '../../../core/cost/estimate.ts';
import type { InferenceEstimate } from '../../../core/cost/inference.ts';
import { metricsOf } from '../../../core/evaluation/comparison/metrics.ts';
import type { Metric } from '../../../core/evaluation/comparison/types.ts';
import { graderTypeOf, type EvalFile, type GraderSpec } from '../../../core/evaluation/evalFile.ts';
import { proposedGrader, proposedSampling, REPLIES_BY_CHANCE } from '../../../core/evaluation/proposal.ts';
import { allLeftOut, trainedOnSentence } from '../../../core/evaluation/report/words.ts';
import type { Pass, Sampling, TrainedOn } from '../../../core/evaluation/types.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { canBaseAnswer } from '../../../core/provider/localModel.ts';
import { samplingRule } from '../../../core/provider/reasoning.ts';
import { ROWS_USED } from '../../../core/statistics/earlyStop.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import { askingPrice } from '../askingPrice.ts';
import { askingsOf, warningsOf } from '../commands/askings.ts';

/** The model to be evaluated or tried. */
export interface ModelTarget {
  readonly connection: Connection;
  readonly model: string;
  readonly label: string;
  /** Model that it was tuned from; null for a model named by hand that is no fine-tune. */
  readonly base: string | null;
  readonly record: JobRecord | null;
}

export interface EvaluationPlan {
  /** First contestant, which the run is about. */
  readonly target: ModelTarget | null;
  /** Models that it is compared with, in their order. */
  readonly rivals: readonly ModelTarget[];
  /** Key of the rival that the others are compared with; null: the proposed one. */
  readonly baseline: string | null;
  readonly testFile: string | null;
  readonly summary: DatasetSummary | null;
  /** Copy of the training file of the model's job; null when it is not known or cannot be read. */
  readonly training: string | null;
  /** Items that the model was trained on; null when unknown. */
  readonly trainedOn: TrainedOn | null;
  /** Whether the user goes on although the model was trained on items. */
  readonly overlapAccepted: boolean;
  /** Sentences about differences in form between the test file and the training file; absent when that file is not known. */
  readonly formats?: readonly string[];
  /** Beginning of the training answers where it is another one than that of the test answers, with a sentence about it. */
  readonly learned: { readonly message: string; readonly answerPrefix: string | null } | null;
  /** Null: the one proposed from the answers. */
  readonly grader: GraderSpec | null;
  /** Null: the usual one of the grader. */
  readonly primary: Metric | null;
  /** Difference that matters, as a share of the better contestant's figure. */
  readonly matters: number;
  /** Beginning of the replies, part of the prompt; null: none, undefined: the proposed one. */
  readonly answerPrefix: string | null | undefined;
  /** Null: the proposed one. */
  readonly sampling: Sampling | null;
  /** Replies for each row. */
  readonly samples: number;
  readonly stopEarly: boolean;
  /** Thresholds of the run that it repeats; null without any. */
  readonly pass: Pass | null;
  /** Whether the answers are recorded for the day when the model is gone: its spread must be known, too. */
  readonly isRecording: boolean;
}

/** Plan of which everything is proposed. */
export const NEW_PLAN: EvaluationPlan = {
  target: null,
  rivals: [],
  baseline: null,
  testFile: null,
  summary: null,
  training: null,
  trainedOn: null,
  overlapAccepted: false,
  learned: null,
  grader: null,
  primary: null,
  matters: 0.1,
  answerPrefix: undefined,
  sampling: null,
  samples: 1,
  stopEarly: false,
  pass: null,
  isRecording: false,
};

/** Plan whose questions without a proposal have their answers. */
export type FullPlan = EvaluationPlan & {
  readonly target: ModelTarget;
  readonly testFile: string;
  readonly summary: DatasetSummary;
};

export function isFull(plan: EvaluationPlan): plan is FullPlan {
  return plan.target !== null && plan.testFile !== null && plan.summary !== null;
}

/** Key of a model at its connection. */
export function keyOf({ connection, model }: Pick<ModelTarget, 'connection' | 'model'>): string {
  return `${connection.id} ${model}`;
}

/** Base model of a target as a contestant; null when it cannot answer, or is not known. */
export function baseOf(target: ModelTarget | null): ModelTarget | null {
  if (target === null || target.base === null || !canBaseAnswer(target.base)) return null;
  return { connection: target.connection, model: target.base, label: target.base, base: null, record: null };
}

/** Plan about a model, compared with its base where that can answer. */
export function withTarget(plan: EvaluationPlan, target: ModelTarget): EvaluationPlan {
  const base = baseOf(target);
  return { ...plan, target, rivals: base === null ? [] : [base], baseline: null, overlapAccepted: false };
}

/** Rival that the others are compared with; null where that is a free floor. */
export function baselineOfPlan({ target, rivals, baseline }: EvaluationPlan): ModelTarget | null {
  const base = baseOf(target);
  return (
    rivals.find((rival) => keyOf(rival) === baseline) ??
    rivals.find((rival) => base !== null && keyOf(rival) === keyOf(base)) ??
    rivals[0] ??
    null
  );
}

export function graderOfPlan({ grader, summary }: EvaluationPlan): GraderSpec {
  return grader ?? (summary === null ? { type: 'exact' } : proposedGrader(summary.answers));
}

/** Metrics that a run can be about: the median error has no paired comparison. */
export function primaryMetrics(grader: GraderSpec): readonly Metric[] {
  return metricsOf(graderTypeOf(grader)).filter((metric) => metric !== 'medianError');
}

export function primaryOfPlan(plan: EvaluationPlan): Metric {
  const metrics = primaryMetrics(graderOfPlan(plan));
  return metrics.find((metric) => metric === plan.primary) ?? metrics[0] ?? 'accuracy';
}

/** Tells whether a run can stop as soon as the answer is in, which needs a metric that is a mean over rows. */
export function canStopEarly(plan: EvaluationPlan): boolean {
  return ['mae', 'hits', 'accuracy'].includes(primaryOfPlan(plan));
}

export function samplingOfPlan(plan: FullPlan): Sampling {
  return plan.sampling ?? proposedSampling(plan.summary.answers, graderOfPlan(plan));
}

/** Beginning of the replies: the chosen one, else the one of the training answers, else the one that the test answers share. */
export function prefixOfPlan({ answerPrefix, learned, summary }: EvaluationPlan): string | null {
  if (answerPrefix !== undefined) return answerPrefix;
  return learned === null ? (summary?.answers.commonPrefix ?? null) : learned.answerPrefix;
}

/** `temperature 0, at most 16 tokens, seed 42`. */
export function samplingInWords({ temperature, maxTokens, seed }: Sampling): string {
  return tn(
    maxTokens,
    'temperature {1}, at most {0} token, seed {2}',
    'temperature {1}, at most {0} tokens, seed {2}',
    temperature,
    String(seed),
  );
}

/** Models of the plan with labels that tell them apart. */
function labeled({ target, rivals }: FullPlan): readonly ModelTarget[] {
  const taken = new Set<string>();
  return [target, ...rivals].map((model) => {
    let { label } = model;
    for (let number = 2; taken.has(label); number += 1) label = t('{0} ({1})', model.label, number);
    taken.add(label);
    return { ...model, label };
  });
}

/** The evaluation as a file would hold it, with absolute paths and ids of connections. */
export function specOf(plan: FullPlan): EvalFile {
  const models = labeled(plan);
  const baseline = baselineOfPlan(plan);
  return {
    testFile: plan.testFile,
    trainingFile: plan.training,
    primary: primaryOfPlan(plan),
    matters: plan.matters,
    baseline: baseline === null ? null : (models[plan.rivals.indexOf(baseline) + 1]?.label ?? null),
    answerPrefix: prefixOfPlan(plan),
    contestants: models.map(({ label, model, connection }) => ({ label, model, connection: connection.id })),
    grader: graderOfPlan(plan),
    sampling: { ...samplingOfPlan(plan), samples: plan.samples },
    stopEarly: plan.stopEarly && canStopEarly(plan),
    pass: passOfPlan(plan),
  };
}

/** Thresholds that the grader has figures for. */
function passOfPlan(plan: FullPlan): Pass | null {
  if (plan.pass === null) return null;
  const { metrics, vsBaseline } = plan.pass;
  const known = metricsOf(graderTypeOf(graderOfPlan(plan)));
  const kept = Object.fromEntries(Object.entries(metrics).filter(([metric]) => known.some((one) => one === metric)));
  return Object.keys(kept).length === 0 && vsBaseline === null ? null : { metrics: kept, vsBaseline };
}

/** Connections of the plan's models, by label. */
export function connectionsOf(plan: FullPlan): ReadonlyMap<string, Connection> {
  return new Map(labeled(plan).map(({ label, connection }) => [label, connection]));
}

export function evaluationCost(plan: FullPlan): InferenceEstimate {
  return askingPrice(askingsOf(specOf(plan), connectionsOf(plan), plan.summary));
}

/** Warnings before the start, each in one sentence. */
export function evaluationWarnings(plan: FullPlan): readonly string[] {
  const { summary, trainedOn, formats = [] } = plan;
  return [
    ...warningsOf(specOf(plan), summary, trainedOn, formats),
    ...(plan.answerPrefix === undefined && plan.learned !== null ? [plan.learned.message] : []),
    ...(isSpreadUnknown(plan) ? [spreadUnknown()] : []),
  ];
}

/** Whether a recording has one reply a row that is drawn by chance. */
function isSpreadUnknown(plan: FullPlan): boolean {
  return plan.isRecording && plan.samples === 1 && samplingOfPlan(plan).temperature !== 0;
}

export function spreadUnknown(): string {
  return t(
    'With one reply to a row above temperature 0 it will not be known how far the model is from itself; ask for {0}.',
    REPLIES_BY_CHANCE,
  );
}

/** Plan of a recording whose replies are drawn by chance from now on: several of each row are asked. */
export function withSpread(plan: EvaluationPlan): EvaluationPlan {
  return isFull(plan) && isSpreadUnknown(plan) ? { ...plan, samples: REPLIES_BY_CHANCE } : plan;
}

/** The sampling, and its exceptions for single models. */
export function samplingOfAll(plan: FullPlan): string {
  const sampling = samplingOfPlan(plan);
  const asked = labeled(plan).map(({ label, model }) => ({
    label,
    model,
    ...samplingRule(model, sampling.maxTokens),
  }));
  const room = asked.flatMap(({ model, maxTokens }) =>
    maxTokens === null
      ? []
      : [
          tn(
            maxTokens,
            'at most {0} token with the reasoning of {1}',
            'at most {0} tokens with the reasoning of {1}',
            model,
          ),
        ],
  );
  return [samplingInWords(sampling), ...room, ...allLeftOut(asked)].join(' · ');
}

/** Sentence about items that the model was trained on; null when there is none. */
export function overlapOf({ trainedOn, summary }: EvaluationPlan): string | null {
  return trainedOnSentence(trainedOn ?? undefined, summary?.examples ?? 0);
}

/** `likely to save $0.40 to $1.10 of $1.80`; null for a run that costs nothing, or whose price is not known. */
export function likelySaving(usd: number | null): string | null {
  if (usd === null || usd === 0) return null;
  const { none, large } = ROWS_USED;
  return t('likely to save {0} to {1} of {2}', dollars(usd * (1 - none)), dollars(usd * (1 - large)), dollars(usd));
}

/** Names of the contestants, free floors included. */
export function contestantsInWords(plan: FullPlan): string {
  return listOf([...labeled(plan).map(({ label }) => label), t('free floors')]);
}

/** Percent without the noise of binary fractions. */
export function percentOf(share: number): number {
  return Number((share * 100).toFixed(6));
}
