import { t, tn } from '../../base/messages.ts';
import { decimals, threeDigits } from '../../base/numbers.ts';
import { betterOf, isValidation } from './seriesNames.ts';
import type { Turn, Verdict } from './verdict.ts';

export interface Wording {
  /** Name of the series, which tells validation from training and losses from accuracies. */
  readonly series: string;
  /** The run continues: its sentence says "so far". */
  readonly live?: boolean;
}

/**
 * Writes a verdict as one whole sentence, followed by another one about where 95 % of the fall was done where the first does not say it.
 * The same verdict gives the same sentence.
 */
export function curveSentence(verdict: Verdict, { series, live = false }: Wording): string {
  const first = firstSentence(verdict, series, live);
  const second = settledSentence(verdict, betterOf(series) === 'higher');
  return second === null ? first : `${first} ${second}`;
}

/** Sentence for a live curve whose claim was seen at one look only. */
export function undecidedSentence(): string {
  return t('Nothing can be said yet: a change must be seen at two looks in a row.');
}

function firstSentence(verdict: Verdict, series: string, live: boolean): string {
  const { bound, clearly, code, since } = verdict;
  switch (code) {
    case 'improving':
      return improving(clearly, live);
    case 'flat':
      return since === null ? unchanged(bound ?? 0, live) : flat(since, clearly, live);
    case 'fell-then-unknown':
      return fell(since, betterOf(series) === 'higher', clearly, live);
    case 'worse':
      return worse(verdict, isValidation(series), live);
    case 'too-noisy':
      return noisy(bound, live);
    case 'wanders':
      return wanders(bound, live);
    case 'few-points':
      return few(verdict, betterOf(series) === 'higher');
  }
}

function improving(clearly: boolean, live: boolean): string {
  if (clearly) return live ? t('Clearly improving so far.') : t('Clearly improving.');
  return live ? t('Improving so far.') : t('Improving.');
}

function unchanged(bound: number, live: boolean): string {
  const share = sharePercent(bound, Math.ceil);
  return live ? t('Flat so far: any change is below {0}.', share) : t('Flat: any change is below {0}.', share);
}

function flat({ step, between }: Turn, clearly: boolean, live: boolean): string {
  const [from, to] = between ?? [step, step];
  if (clearly) {
    return live
      ? t('Clearly flat since step {0} so far (between {1} and {2}).', step, from, to)
      : t('Clearly flat since step {0} (between {1} and {2}).', step, from, to);
  }
  return live
    ? t('Flat since step {0} so far (between {1} and {2}).', step, from, to)
    : t('Flat since step {0} (between {1} and {2}).', step, from, to);
}

function fell(since: Turn | null, rising: boolean, clearly: boolean, live: boolean): string {
  const step = since?.step ?? 0;
  const [from, to] = since?.between ?? [step, step];
  if (rising) {
    if (clearly) {
      return live
        ? t(
            "Clearly rose until about step {0} so far (between {1} and {2}); whether it still rises can't be told.",
            step,
            from,
            to,
          )
        : t(
            "Clearly rose until about step {0} (between {1} and {2}); whether it still rises can't be told.",
            step,
            from,
            to,
          );
    }
    return live
      ? t(
          "Rose until about step {0} so far (between {1} and {2}); whether it still rises can't be told.",
          step,
          from,
          to,
        )
      : t("Rose until about step {0} (between {1} and {2}); whether it still rises can't be told.", step, from, to);
  }
  if (clearly) {
    return live
      ? t(
          "Clearly fell until about step {0} so far (between {1} and {2}); whether it still falls can't be told.",
          step,
          from,
          to,
        )
      : t(
          "Clearly fell until about step {0} (between {1} and {2}); whether it still falls can't be told.",
          step,
          from,
          to,
        );
  }
  return live
    ? t("Fell until about step {0} so far (between {1} and {2}); whether it still falls can't be told.", step, from, to)
    : t("Fell until about step {0} (between {1} and {2}); whether it still falls can't be told.", step, from, to);
}

function worse({ clearly, first, since }: Verdict, validation: boolean, live: boolean): string {
  if (since === null || since.step === first) {
    if (clearly)
      return live ? t('Clearly getting worse since the start so far.') : t('Clearly getting worse since the start.');
    return live ? t('Getting worse since the start so far.') : t('Getting worse since the start.');
  }
  const { between, step } = since;
  if (between === null) {
    // Few points: the turn is one of them and has no interval.
    if (validation)
      return live
        ? t('Getting worse since step {0} so far (overfitting).', step)
        : t('Getting worse since step {0} (overfitting).', step);
    return live ? t('Getting worse since step {0} so far.', step) : t('Getting worse since step {0}.', step);
  }
  const [from, to] = between;
  if (validation) {
    if (clearly) {
      return live
        ? t('Clearly getting worse since step {0} so far (between {1} and {2}; overfitting).', step, from, to)
        : t('Clearly getting worse since step {0} (between {1} and {2}; overfitting).', step, from, to);
    }
    return live
      ? t('Getting worse since step {0} so far (between {1} and {2}; overfitting).', step, from, to)
      : t('Getting worse since step {0} (between {1} and {2}; overfitting).', step, from, to);
  }
  if (clearly) {
    return live
      ? t('Clearly getting worse since step {0} so far (between {1} and {2}).', step, from, to)
      : t('Clearly getting worse since step {0} (between {1} and {2}).', step, from, to);
  }
  return live
    ? t('Getting worse since step {0} so far (between {1} and {2}).', step, from, to)
    : t('Getting worse since step {0} (between {1} and {2}).', step, from, to);
}

function noisy(bound: number | null, live: boolean): string {
  if (bound === null) return live ? t('Too noisy to say so far.') : t('Too noisy to say.');
  const share = sharePercent(bound, Math.round);
  return live
    ? t('Too noisy to say so far: a change of up to {0} could hide.', share)
    : t('Too noisy to say: a change of up to {0} could hide.', share);
}

function wanders(bound: number | null, live: boolean): string {
  if (bound === null) return live ? t('Wanders so far without a direction.') : t('Wanders without a direction.');
  const share = sharePercent(bound, Math.round);
  return live
    ? t('Wanders so far without a direction: a change of up to {0} could hide.', share)
    : t('Wanders without a direction: a change of up to {0} could hide.', share);
}

function few({ best, evidence, points }: Verdict, rising: boolean): string {
  if (best === null) return t('There is no value yet.');
  const value = threeDigits(best.value);
  if (evidence === null && points < 5) {
    return rising
      ? tn(
          points,
          '{0} value is too few to say; the highest is {1} at step {2}.',
          '{0} values are too few to say; the highest is {1} at step {2}.',
          value,
          best.step,
        )
      : tn(
          points,
          '{0} value is too few to say; the lowest is {1} at step {2}.',
          '{0} values are too few to say; the lowest is {1} at step {2}.',
          value,
          best.step,
        );
  }
  if (evidence !== null && evidence.trend > evidence.trendLimit) {
    return rising
      ? tn(
          points,
          "{0} value changes, but whether it rises or falls at the end can't be told; the highest is {1} at step {2}.",
          "{0} values change, but whether they rise or fall at the end can't be told; the highest is {1} at step {2}.",
          value,
          best.step,
        )
      : tn(
          points,
          "{0} value changes, but whether it rises or falls at the end can't be told; the lowest is {1} at step {2}.",
          "{0} values change, but whether they rise or fall at the end can't be told; the lowest is {1} at step {2}.",
          value,
          best.step,
        );
  }
  return rising
    ? tn(
        points,
        '{0} value shows no change that chance does not explain; the highest is {1} at step {2}.',
        '{0} values show no change that chance does not explain; the highest is {1} at step {2}.',
        value,
        best.step,
      )
    : tn(
        points,
        '{0} value shows no change that chance does not explain; the lowest is {1} at step {2}.',
        '{0} values show no change that chance does not explain; the lowest is {1} at step {2}.',
        value,
        best.step,
      );
}

/** Tells where 95 % of the fall (of an accuracy: the rise) was done, unless the first sentence has the step. */
function settledSentence({ code, settled }: Verdict, rising: boolean): string | null {
  if (settled === null) return null;
  if (code === 'flat' || code === 'fell-then-unknown')
    return rising ? t('95% of the rise was done by then.') : t('95% of the fall was done by then.');
  return rising
    ? t('95% of the rise was done by step {0}.', settled.step)
    : t('95% of the fall was done by step {0}.', settled.step);
}

/** A share as whole per cent, at least 1 %: 0.432 → `43%`. */
function sharePercent(share: number, round: (value: number) => number): string {
  const whole = Math.max(1, round(share * 100 - 1e-9));
  return t('{0}%', decimals(whole, 0));
}
