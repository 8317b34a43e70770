import { t } from '../../base/messages.ts';
import type { Gap } from './gap.ts';
import { isFullValidation, isValidation } from './seriesNames.ts';
import type { Verdict } from './verdict.ts';

/** A next step that the curves give evidence for. */
export type Hint =
  /** The model was better before: the last checkpoint at or before the turn, or the one with the lowest full validation loss. */
  | {
      readonly code: 'earlier-checkpoint';
      readonly checkpoint: number;
      readonly since: number;
      readonly series: string;
    }
  /** What the later epochs did was harmful. */
  | { readonly code: 'fewer-epochs'; readonly epochs: number; readonly since: number; readonly series: string }
  /** Training still improves where validation has stopped to, since that step: more of the same rows does not help, other rows may. */
  | { readonly code: 'more-data'; readonly since: number; readonly series: string };

/** A remark on how far a series can be trusted. */
export type Note =
  /** One epoch: no example was trained on before its loss was measured. */
  | { readonly code: 'fresh-training-loss' }
  /** One example a step. */
  | { readonly code: 'one-example-a-step' };

export interface Evidenced {
  readonly name: string;
  readonly verdict: Verdict;
}

export interface Training {
  /** Series with their verdicts. */
  readonly series: readonly Evidenced[];
  /** Training against the validation, where there is one. */
  readonly gap: Gap | null;
  /** Epochs and batch size used; null: unknown. */
  readonly epochs: number | null;
  readonly batchSize: number | null;
  /** Last step of the training as planned; null: unknown. */
  readonly totalSteps: number | null;
  /** Steps of the checkpoints that exist. */
  readonly checkpoints: readonly number[];
}

/** Hints that the verdicts of a training give evidence for, strongest first; none without a claim. */
export function hintsOf({ checkpoints, epochs, gap, series, totalSteps }: Training): readonly Hint[] {
  const hints: Hint[] = [];
  const worse = chosen(series, ({ verdict: { code, first, since } }) => code === 'worse' && since?.step !== first);
  const turn = worse?.verdict.since?.step;
  if (worse !== undefined && turn !== undefined) {
    const { name } = worse;
    const best = isFullValidation(name) ? (worse.verdict.best?.step ?? turn) : turn;
    const before = checkpoints.filter((step) => step <= best).reduce((last, step) => Math.max(last, step), -Infinity);
    const last = checkpoints.reduce((latest, step) => Math.max(latest, step), -Infinity);
    if (Number.isFinite(before) && before < last)
      hints.push({ code: 'earlier-checkpoint', checkpoint: before, since: turn, series: name });
    const needed =
      epochs === null || totalSteps === null ? null : Math.max(1, Math.round((turn / totalSteps) * epochs));
    if (needed !== null && epochs !== null && needed < epochs)
      hints.push({ code: 'fewer-epochs', epochs: needed, since: turn, series: name });
  }
  const stopped = worse ?? chosen(series, ({ verdict }) => verdict.code === 'flat' && verdict.since !== null);
  const since = stopped?.verdict.since?.step;
  if (stopped !== undefined && since !== undefined && gap?.widens)
    hints.push({ code: 'more-data', since, series: stopped.name });
  return hints;
}

/** Validation series that fits, a full one first. */
function chosen(series: readonly Evidenced[], fits: (one: Evidenced) => boolean): Evidenced | undefined {
  const found = series.filter((one) => isValidation(one.name) && fits(one));
  return found.find(({ name }) => isFullValidation(name)) ?? found[0];
}

/** Notes on a series of a training: only losses that are measured step by step have any. */
export function notesOf(
  series: string,
  { batchSize, epochs }: Pick<Training, 'batchSize' | 'epochs'>,
): readonly Note[] {
  if (isFullValidation(series) || !/loss/i.test(series)) return [];
  const notes: Note[] = [];
  if (epochs !== null && epochs <= 1 && !isValidation(series)) notes.push({ code: 'fresh-training-loss' });
  if (batchSize === 1) notes.push({ code: 'one-example-a-step' });
  return notes;
}

export function noteSentence({ code }: Note): string {
  return code === 'fresh-training-loss'
    ? t('As fresh as test data: with one epoch, training loss is as telling as validation loss.')
    : t('One example a step: this line is nearly noise.');
}

/** Sentence about a gap between training and validation; null where nothing can be said. */
export function gapSentence({ steps, widens }: Gap): string | null {
  if (widens === null) return null;
  if (widens.step === steps[0]) return t('The gap between training and validation widens since the start.');
  const [from, to] = widens.between ?? [widens.step, widens.step];
  return t(
    'The gap between training and validation widens since step {0} (between {1} and {2}).',
    widens.step,
    from,
    to,
  );
}
