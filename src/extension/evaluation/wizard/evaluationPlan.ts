import { tn } from '../../../core/base/messages.ts';
import type { InferenceEstimate } from '../../../core/cost/inference.ts';
import { allLeftOut, trainedOnSentence, ungradableSentence } from '../../../core/evaluation/report/words.ts';
import type { Contestant, GraderType, Sampling, TrainedOn } from '../../../core/evaluation/types.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { canBaseAnswer } from '../../../core/provider/localModel.ts';
import { samplingRule } from '../../../core/provider/reasoning.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';

import { askingPrice } from '../askingPrice.ts';

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
  readonly target: ModelTarget | null;
  readonly testFile: string | null;
  readonly summary: DatasetSummary | null;
  /** Items that the model was trained on; null when unknown. */
  readonly trainedOn: TrainedOn | null;
  /** Sentences about differences in form between the test file and the training file; absent when that file is not known. */
  readonly formats?: readonly string[];
  readonly withBase: boolean;
  readonly grader: GraderType | null;
  /** Beginning of the replies, part of the prompt; null: none, undefined until asked. */
  readonly answerPrefix: string | null | undefined;
  readonly sampling: Sampling | null;
  readonly customSampling: boolean;
}

export const baseCanAnswer = (target: ModelTarget | null): boolean =>
  target?.base !== undefined && target.base !== null && canBaseAnswer(target.base);

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

/** The models that are asked, each with the parameters that it is known to take. */
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

/** Items whose expected answer gives the grader nothing to compare with: no request is sent for them. */
export function ungradableOf({ summary, grader }: EvaluationPlan): number {
  if (!summary) return 0;
  return grader === 'number' ? summary.answers.withoutNumber : summary.answers.empty;
}

/** Requests to all models together. */
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
      // Tokens of all items, also of those that are not asked: an upper bound.
      inputTokens: summary.tokens,
      maxTokens,
    })),
  );
}

/** Warnings before the start, each in one sentence. */
export function evaluationWarnings(plan: EvaluationPlan): readonly string[] {
  const ungradable = ungradableSentence(plan.grader ?? 'string_check', ungradableOf(plan), plan.summary?.examples ?? 0);
  return [overlapOf(plan), ...(plan.formats ?? []), ungradable].filter((sentence) => sentence !== null);
}

/** The sampling, and its exceptions for single models. */
export function samplingOfAll(plan: EvaluationPlan): string {
  const asked = askedContestants(plan);
  const room = asked.flatMap(({ model, maxTokens }) =>
    maxTokens === undefined
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
  return [...(plan.sampling ? [samplingInWords(plan.sampling)] : []), ...room, ...allLeftOut(asked)].join(' · ');
}

/** The sentence about items that the model was trained on; null when there is none. */
export function overlapOf({ trainedOn, summary }: EvaluationPlan): string | null {
  return trainedOnSentence(trainedOn ?? undefined, summary?.examples ?? 0);
}
