// Curves in files: tables with a column of steps (results of OpenAI and Azure, exports of W&B) and trainer_state.json of Hugging Face.
import { t } from '../../base/messages.ts';
import { fail, ok, type Problem, type Result } from '../../base/result.ts';
import { CurveCollector, type CurveSeries, type ReadingProblem } from './curveCollector.ts';
import { readCurveTable } from './curveTable.ts';
import { resultCsvText } from './resultCsv.ts';
import { isTrainerState, parseLaxJson, readTrainerState } from './trainerState.ts';

export type CurveFormat = 'table' | 'trainer-state';

export interface Curves {
  readonly format: CurveFormat;
  /** Series by the names of the file, in its order; each has a value at least. */
  readonly series: ReadonlyMap<string, CurveSeries>;
  /** The first problems, in the order of the file. */
  readonly problems: readonly ReadingProblem[];
  /** All problems, those that are not listed included. */
  readonly problemCount: number;
  /** Columns and keys that are no series of their own, such as the `__MIN` and `__MAX` companions of W&B. */
  readonly leftOut: readonly string[];
  /** Epochs that the training was set to; null: the file does not tell. */
  readonly epochs: number | null;
}

/**
 * Reads the curves of a file. Fails with one sentence and one action for an empty file, binary data, text without curves, and curves
 * without a value. A cell that is no number is counted, and the first ones are listed with their line.
 * @param bytes whole file: UTF-8, or base64 of such a file.
 * @param name as shown to the user.
 */
export function readCurves(bytes: Uint8Array, name: string): Result<Curves> {
  if (bytes.length === 0) return fail(problem('empty-curve-file', t('{0} is empty.', name)));
  const text = textOf(bytes);
  if (text === null) return fail(problem('curve-file-not-text', t('{0} holds binary data and no curve.', name)));
  if (text.trim() === '') return fail(problem('empty-curve-file', t('{0} is empty.', name)));
  const collector = new CurveCollector();
  const json = /^\s*[[{]/.test(text) ? parseLaxJson(text) : undefined;
  let format: CurveFormat = 'table';
  let epochs: number | null = null;
  if (json !== undefined) {
    if (!isTrainerState(json)) return fail(notACurve(name));
    format = 'trainer-state';
    ({ epochs } = readTrainerState(json, collector));
  } else if (!readCurveTable(text, collector)) {
    // OpenAI sends its result files as base64.
    const decoded = resultCsvText(text);
    if (decoded === null || !readCurveTable(decoded, collector)) return fail(notACurve(name));
  }
  const series = collector.series();
  if (series.size === 0) return fail(problem('curve-without-values', t('{0} has steps but no numbers at them.', name)));
  const { problems, problemCount, leftOut } = collector;
  return ok({ format, series, problems, problemCount, leftOut, epochs });
}

function notACurve(name: string): Problem {
  return problem('not-a-curve', t('{0} is no curve: it has no steps with numbers.', name));
}

function problem(code: string, message: string): Problem {
  return {
    code,
    message,
    action: t('Choose a result file (CSV), a trainer_state.json or a CSV export of Weights & Biases.'),
  };
}

/** Text of bytes that are text; null for others. */
function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}
