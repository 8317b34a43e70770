import { t } from '../core/base/messages.ts';
import { grade } from '../core/evaluation/graders/grade.ts';
import { gradeRegex } from '../core/evaluation/graders/regex.ts';
import { joinSamples } from '../core/evaluation/samples.ts';
import type { Contestant, RowResult, RowSample, RunConfig, TestItem } from '../core/evaluation/types.ts';
import type { ChatReply } from '../core/provider/api.ts';
import type { Problem } from '../core/base/result.ts';
import type { Patterns } from './patterns.ts';
import { truthParams } from './truthParams.ts';

export function gradedRow(
  config: RunConfig,
  contestant: Contestant,
  item: TestItem,
  sample: string,
  finishReason: string | null,
  patterns: Pick<Patterns, 'of'>,
): RowResult {
  const params = { ...truthParams(config, item), sample };
  const parts =
    config.grader === 'regex' ? gradeRegex(params, patterns.of(item, sample)) : grade(config.grader, params);
  return {
    contestant: contestant.id,
    item: item.index,
    sample,
    ...(finishReason === null ? {} : { finishReason }),
    ...parts,
  };
}

/** Row of one reply; an error of the class `grader` when the grader cannot judge it. @param ms time of the request */
export function repliedRow(
  config: RunConfig,
  contestant: Contestant,
  item: TestItem,
  { text, finishReason, usage }: ChatReply,
  ms: number,
  patterns: Pick<Patterns, 'of'>,
): RowResult {
  let row: RowResult;
  try {
    row = gradedRow(config, contestant, item, text, finishReason, patterns);
  } catch (error) {
    row = { ...failedRow(contestant, item, graderFailed(error)), sample: text };
  }
  return { ...row, ...(usage === undefined ? {} : { usage }), ms: Math.round(ms) };
}

/** Reply of a row as one of several. */
export function sampleOf(row: RowResult): RowSample {
  const { sample, finishReason, status, guess, error, colour, lesson, usage, ms } = row;
  return {
    sample: sample ?? '',
    ...(finishReason === undefined ? {} : { finishReason }),
    status: status === 'error' ? 'ungradable' : status,
    guess,
    error,
    colour,
    ...(lesson === undefined ? {} : { lesson }),
    ...(usage === undefined ? {} : { usage }),
    ...(ms === undefined ? {} : { ms }),
  };
}

/** Row of several replies. @param last the row of the last one */
export function joinedRow(config: RunConfig, last: RowResult, samples: readonly RowSample[]): RowResult {
  const { contestant, item, truth } = last;
  return { contestant, item, ...joinSamples(config.grader, truth, samples, config.graderOptions) };
}

/** Row that is answered by the reply to an identical request; graded by its own expected answer, and without a cost. */
export function cachedRow(
  config: RunConfig,
  contestant: Contestant,
  item: TestItem,
  source: RowResult,
  patterns: Pick<Patterns, 'of'>,
): RowResult {
  const samples = source.samples?.map(({ sample, finishReason }) =>
    sampleOf(gradedRow(config, contestant, item, sample, finishReason ?? null, patterns)),
  );
  const row = gradedRow(config, contestant, item, source.sample ?? '', source.finishReason ?? null, patterns);
  return { ...(samples === undefined ? row : joinedRow(config, row, samples)), cached: true };
}

function graderFailed(error: unknown): Problem {
  return {
    code: 'grader',
    message: t('The grader failed on this reply: {0}.', error instanceof Error ? error.message : String(error)),
    action: t('Choose another grader in a new evaluation.'),
  };
}

export function failedRow(contestant: Contestant, item: TestItem, problem: Problem): RowResult {
  return {
    contestant: contestant.id,
    item: item.index,
    status: 'error',
    sample: null,
    guess: null,
    truth: item.truth,
    error: null,
    colour: null,
    message: problem.message,
    code: problem.code,
  };
}
