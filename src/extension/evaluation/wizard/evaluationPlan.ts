import type { InferenceEstimate } from '../../../core/cost/inference.ts';
import { allLeftOut, trainedOnSentence, ungradableSentence } from '../../../core/evaluation/report/words.ts';
import type { Contestant, GraderType, Sampling, TrainedOn } from '../../../core/evaluation/types.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { canBaseAnswer } from '../../../core/provider/localModel.ts';
import { samplingRule } from '../../../core/provider/reasoning.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import { count } from '../../../core/base/numbers.ts';
import { askingPrice } from '../askingPrice.ts';

/** The model to be evaluated or tried. */
export interface ModelTarget {
  readonly connection: Connection;
  readonly model: string;
  readonly label: string;
  /** What it was tuned from; null for a model named by hand that is no fine-tune. */
  readonly base: string | null;
  readonly record: JobRecord | null;
}

export interface EvaluationPlan {
  readonly target: ModelTarget | null;
  readonly testFile: string | null;
  readonly summary: DatasetSummary | null;
  /** Items that the model was trained on; null when nobody knows. */
  readonly trainedOn: TrainedOn | null;
  readonly withBase: boolean;
  readonly grader: GraderType | null;
  /** What replies are begun with; null: nothing, undefined until asked. */
  readonly answerPrefix: string | null | undefined;
  readonly sampling: Sampling | null;
  readonly customSampling: boolean;
}

export const baseCanAnswer = (target: ModelTarget | null): boolean =>
  target?.base !== undefined && target.base !== null && canBaseAnswer(target.base);

/** `temperature 0, at most 16 tokens, seed 42`. */
export function samplingInWords({ temperature, maxTokens, seed }: Sampling): string {
  return `temperature ${String(temperature)}, at most ${String(maxTokens)} tokens, seed ${String(seed)}`;
}

/** The models that are asked, each with what is known of the parameters that it takes. */
export function askedContestants({ target, withBase, sampling }: EvaluationPlan): readonly (Contestant & AskedModel)[] {
  if (!target || !sampling) return [];
  const asked = (id: string, kind: 'fine-tuned' | 'base', label: string, model: string): Contestant & AskedModel => {
    const { leftOut, maxTokens } = samplingRule(model, sampling.maxTokens);
    return {
      id,
      kind,
      label,
      connectionId: target.connection.id,
      model,
      ...(leftOut.length > 0 ? { leftOut } : {}),
      ...(maxTokens === null ? {} : { maxTokens }),
    };
  };
  return [
    asked('tuned', 'fine-tuned', target.label, target.model),
    ...(withBase && target.base !== null ? [asked('base', 'base', target.base, target.base)] : []),
  ];
}

interface AskedModel {
  readonly connectionId: string;
  readonly model: string;
}

/** Items whose expected answer gives the grader nothing to compare with: nobody is asked for them. */
export function ungradableOf({ summary, grader }: EvaluationPlan): number {
  if (!summary) return 0;
  return grader === 'number' ? summary.answers.withoutNumber : summary.answers.empty;
}

/** How often the models are asked, all together. */
export function requestsOf(plan: EvaluationPlan): number {
  return ((plan.summary?.examples ?? 0) - ungradableOf(plan)) * askedContestants(plan).length;
}

export function evaluationCost(plan: EvaluationPlan): InferenceEstimate {
  const { target, summary, sampling } = plan;
  if (!target || !summary || !sampling) return { usd: null, sentence: '' };
  const { connection } = target;
  const requests = summary.examples - ungradableOf(plan);
  return askingPrice(
    askedContestants(plan).map(({ model, maxTokens = sampling.maxTokens }) => ({
      connection,
      model,
      requests,
      // Of all items, also of those that are not asked: at most.
      inputTokens: summary.tokens,
      maxTokens,
    })),
  );
}

/** What should be known before it is started, each in one sentence. */
export function evaluationWarnings(plan: EvaluationPlan): readonly string[] {
  const ungradable = ungradableSentence(plan.grader ?? 'string_check', ungradableOf(plan), plan.summary?.examples ?? 0);
  return [overlapOf(plan), ungradable].filter((sentence) => sentence !== null);
}

/** The sampling, and where a model is asked differently. */
export function samplingOfAll(plan: EvaluationPlan): string {
  const asked = askedContestants(plan);
  const room = asked.flatMap(({ model, maxTokens }) =>
    maxTokens === undefined ? [] : [`at most ${count(maxTokens)} tokens with the reasoning of ${model}`],
  );
  return [...(plan.sampling ? [samplingInWords(plan.sampling)] : []), ...room, ...allLeftOut(asked)].join(' · ');
}

/** The sentence about items that the model was trained on; null when there is none. */
export function overlapOf({ trainedOn, summary }: EvaluationPlan): string | null {
  return trainedOnSentence(trainedOn ?? undefined, summary?.examples ?? 0);
}
