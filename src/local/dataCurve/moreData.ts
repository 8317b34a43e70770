// *Would more data help?* about a file: measures, says what follows, and lists the rows that the model gets most wrong.
import { dataCurveOf } from '../../core/dataset/dataCurve/dataCurve.ts';
import type { HardRow, MoreData, NearRow } from '../../core/dataset/dataCurve/moreData.ts';
import { curveSentences, tooFewSentences, unfitSentences } from '../../core/dataset/dataCurve/sentences.ts';
import type { ChatExample } from '../../core/dataset/example.ts';
import { rowTitles } from '../../core/dataset/rowTitles.ts';
import { NeighborIndex } from '../../core/evaluation/baselines/nearest.ts';
import { questionOf, type NumberedExample } from '../../core/evaluation/prompt.ts';
import { readNumber } from '../../core/evaluation/readNumber.ts';
import { turnsOf } from '../engines/linear/prepare.ts';
import { areLongOrDistinct, FEWEST_ANSWERS } from '../shortAnswers.ts';
import { measureCurve, type MeasuredCurve, type MeasureOptions } from './measure.ts';

/** Rows of a validation file below which its errors say too little. */
const FEWEST_TESTED = 20;
const HARDEST = 20;
const NEAREST = 3;
/** Units of an answer that are passed on: enough to be recognized. */
const MOST_UNITS = 400;

export interface MoreDataOptions extends Omit<MeasureOptions, 'validation'> {
  /** Rows to test with; null: the training rows, by cross-validation. */
  readonly validation: readonly NumberedExample[] | null;
}

/** Answers the question for chat examples; those without an answer in text are left out. Null when aborted. */
export async function wouldMoreDataHelp(
  training: readonly NumberedExample[],
  { validation, ...options }: MoreDataOptions,
): Promise<MoreData | null> {
  const rows = training.filter(hasAnswer);
  const tests = validation?.filter(hasAnswer) ?? null;
  const unsaid = { curve: null, hardest: [] };
  if (rows.length < FEWEST_ANSWERS)
    return { ...unsaid, verdict: 'unclear', sentences: tooFewSentences(rows.length, FEWEST_ANSWERS) };
  if (tests !== null && tests.length < FEWEST_TESTED)
    return { ...unsaid, verdict: 'unclear', sentences: tooFewSentences(tests.length, FEWEST_TESTED) };
  if (areLongOrDistinct(rows.map(answerOf))) return { ...unsaid, verdict: 'unfit', sentences: unfitSentences() };
  const examples = (list: readonly NumberedExample[]): readonly ChatExample[] => list.map(({ example }) => example);
  const measured = await measureCurve(examples(rows), {
    ...options,
    validation: tests === null ? null : examples(tests),
  });
  if (measured === null) return null;
  const curve = dataCurveOf(measured);
  return {
    verdict: curve.verdict,
    sentences: curveSentences(curve),
    curve,
    hardest: hardestOf(measured, rows, tests ?? rows, tests === null),
  };
}

function hasAnswer({ example }: NumberedExample): boolean {
  return turnsOf(example).length > 0;
}

function answerOf({ example }: NumberedExample): string {
  return turnsOf(example).at(-1)?.answer ?? '';
}

/** Numbers by their distance, other answers that are wrong by how unlikely the right one was. */
function hardestOf(
  { kind, losses, places, said }: MeasuredCurve,
  training: readonly NumberedExample[],
  tests: readonly NumberedExample[],
  isSameFile: boolean,
): readonly HardRow[] {
  const index = new NeighborIndex(training.map(({ example }) => ({ question: questionOf(example) })));
  const titleOf = rowTitles(training.map(({ example }) => questionOf(example)));
  return places
    .flatMap((place, row) => {
      const test = tests[place];
      if (test === undefined) return [];
      const [reply, answer] = [said[row] ?? '', answerOf(test)];
      const distance = kind === 'numbers' ? Math.abs((readNumber(reply) ?? 0) - (readNumber(answer) ?? 0)) : null;
      const isWrong = distance === null ? reply.trim() !== answer.trim() : distance > 0;
      return isWrong ? [{ test, place, reply, answer, distance, size: distance ?? losses[row] ?? 0 }] : [];
    })
    .sort((a, b) => b.size - a.size || a.place - b.place)
    .slice(0, HARDEST)
    .map(({ test, place, reply, answer, distance }) => {
      const question = questionOf(test.example);
      const near = index.nearest(question, NEAREST + 1).filter((one) => !isSameFile || one.index !== place);
      return {
        line: test.line,
        title: titleOf(question),
        answer: answer.slice(0, MOST_UNITS),
        said: reply.slice(0, MOST_UNITS),
        distance,
        near: near.slice(0, NEAREST).flatMap((one) => nearRow(training[one.index], titleOf)),
      };
    });
}

function nearRow(row: NumberedExample | undefined, titleOf: (question: string) => string): readonly NearRow[] {
  if (row === undefined) return [];
  return [{ line: row.line, title: titleOf(questionOf(row.example)), answer: answerOf(row).slice(0, MOST_UNITS) }];
}
