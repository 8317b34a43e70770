import { listOf, t, tn } from '../../../core/base/messages.ts';
import { dollars } from '../../../core/cost/estimate.ts';
import { graderTypeOf, type EvalFile } from '../../../core/evaluation/evalFile.ts';
import { trainedOnSentence, ungradableSentence } from '../../../core/evaluation/report/words.ts';
import type { TrainedOn } from '../../../core/evaluation/types.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { isFree } from '../../../core/provider/localModel.ts';
import { samplingRule } from '../../../core/provider/reasoning.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import { ensureOwnKey } from '../../connections/ownKey.ts';
import type { Services } from '../../services.ts';
import { confirmPaid, refuseAboveCap } from '../../ui/confirmPaid.ts';
import { ProblemError } from '../../ui/errors.ts';
import { askingPrice, type Asking } from '../askingPrice.ts';

/** Facts of a test file that prices and warnings need. */
type TestFacts = Pick<DatasetSummary, 'examples' | 'tokens' | 'answers'>;

/** Items whose expected answer gives the grader nothing to compare with: no request is sent for them. */
function ungradableOf({ grader }: Pick<EvalFile, 'grader'>, { answers }: TestFacts): number {
  return grader.type === 'number' ? answers.withoutNumber : answers.empty;
}

/** Requests to each model of an evaluation. @param connections by label */
export function askingsOf(
  spec: EvalFile,
  connections: ReadonlyMap<string, Connection>,
  summary: TestFacts,
): readonly Asking[] {
  const { samples, maxTokens } = spec.sampling;
  const rows = summary.examples - ungradableOf(spec, summary);
  return spec.contestants.flatMap((one) => {
    const connection = connections.get(one.label);
    if ('floor' in one || connection === undefined) return [];
    return [
      {
        connection,
        model: one.model,
        requests: rows * samples,
        // Tokens of all items, also of those that are not asked: an upper bound.
        inputTokens: summary.tokens === null ? null : summary.tokens * samples,
        maxTokens: samplingRule(one.model, maxTokens).maxTokens ?? maxTokens,
      },
    ];
  });
}

/** Warnings before a start, each in one sentence. */
export function warningsOf(
  spec: EvalFile,
  summary: TestFacts,
  trainedOn: TrainedOn | null,
  formats: readonly string[],
): readonly string[] {
  const { samples, temperature } = spec.sampling;
  return [
    trainedOnSentence(trainedOn ?? undefined, summary.examples),
    ...formats,
    ungradableSentence(graderTypeOf(spec.grader), ungradableOf(spec, summary), summary.examples),
    samples > 1 && temperature === 0
      ? t('At temperature 0 several replies to a row are mostly the same: choose a higher one, or one reply.')
      : null,
  ].filter((sentence) => sentence !== null);
}

/**
 * Asks before the requests of an evaluation are paid for: their price, and the cap. Free requests need no question.
 * @param back the button that starts nothing; default: the one to the summary
 * @returns false when the user pressed it
 * @throws Cancelled when the question was closed; ProblemError when the cap does not allow it, or there is nothing to ask
 */
export async function confirmStart(
  services: Pick<Services, 'keys' | 'ui'>,
  askings: readonly Asking[],
  nothing: () => ProblemError,
  notes: readonly string[],
  back?: string,
): Promise<boolean> {
  if (askings.every(({ requests }) => requests === 0)) throw nothing();
  const { usd, sentence } = askingPrice(askings);
  if (usd === 0) return true;
  refuseAboveCap(usd, 'asking');
  const paid = askings.filter(({ connection, model }) => !isFree(connection, model));
  const connections = [...new Map(paid.map(({ connection }) => [connection.id, connection])).values()];
  for (const connection of connections) await ensureOwnKey(services, connection);
  const requests = paid.reduce((sum, asking) => sum + asking.requests, 0);
  return confirmPaid(
    services.ui,
    tn(requests, 'Send {0} request to {1}?', 'Send {0} requests to {1}?', listOf(connections.map(({ name }) => name))),
    [sentence, ...notes].join(' '),
    usd === null ? t('Start at Unknown Price') : t('Start for at Most {0}', dollars(usd)),
    back,
  );
}

/** Problem of a test file whose answers the grader cannot compare with. @param name of the test file */
export function nothingToGrade({ grader }: Pick<EvalFile, 'grader'>, name: string): ProblemError {
  return new ProblemError({
    code: 'nothing-to-grade',
    message:
      grader.type === 'number'
        ? t('No expected answer in {0} has a number.', name)
        : t('Every expected answer in {0} is empty.', name),
    action: t('Choose another grader or another test file.'),
  });
}
