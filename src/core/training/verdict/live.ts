import { lowerBound } from '../curves/thinning.ts';
import { finitePoints } from './bins.ts';
import { judgeCurve } from './judge.ts';
import { curveSentence, undecidedSentence } from './sentence.ts';
import type { Better, Verdict } from './verdict.ts';

/** Share of a run between two looks. Looked at more often, a flat curve would get more false claims. */
const LOOK = 0.05;

/** What the looks at a running curve have found; replaced as a whole by each look. */
export interface Looks {
  /** Number of the last look, from 1 (5 % of the run) to 20; 0 before the first. */
  readonly number: number;
  /** Verdict of the last look; null before the first. */
  readonly last: Verdict | null;
  /** The last verdict claims nothing, or what the look before it claimed as well. */
  readonly stands: boolean;
}

export const NO_LOOKS: Looks = { number: 0, last: null, stands: false };

/** Tells whether the next look is due. `progress`: share of the run that is done, 0 … 1. */
export function isLookDue({ number }: Looks, progress: number): boolean {
  return lookAt(progress) > number;
}

/**
 * Adds a look: a claim must be found at two looks in a row, or one flat curve in six would get a false one on its way. A look that is not
 * due changes nothing, so that the state depends on the curve and not on how often it is drawn.
 */
export function addLook(looks: Looks, progress: number, verdict: Verdict): Looks {
  if (!isLookDue(looks, progress)) return looks;
  const stands = !isClaim(verdict) || (looks.last !== null && sameClaim(looks.last, verdict));
  return { number: lookAt(progress), last: verdict, stands };
}

/**
 * Looks at the points that a running curve has, as if it had been looked at every 5 %: the last two looks decide.
 * @param total last step of the run; null: unknown, so the second look is at the points without their last twentieth.
 */
export function looksAt(points: LivePoints, total: number | null, better: Better): Looks {
  const steps = looksInSteps(points, total, better);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same with a pause after each look, for pages that must stay free. */
export function* looksInSteps(points: LivePoints, total: number | null, better: Better): Generator<undefined, Looks> {
  const { steps, values } = finitePoints(points.steps, points.values);
  let end = 0;
  for (const step of points.steps) end = Math.max(end, step);
  const whole = total !== null && total >= end ? total : end;
  const number = lookAt(whole === 0 ? 0 : end / whole);
  let looks = NO_LOOKS;
  for (const look of [number - 1, number]) {
    if (look < 1) continue;
    // Parts of the columns, no copies: there may be a million points.
    const seen = lowerBound(steps, steps.length, look * LOOK * whole, true);
    looks = addLook(looks, look * LOOK, judgeCurve(steps.subarray(0, seen), values.subarray(0, seen), { better }));
    yield;
  }
  return looks;
}

export interface LivePoints {
  readonly steps: Float64Array;
  readonly values: Float64Array;
}

/** Sentence of a running curve, with "so far"; null before the first look. */
export function liveSentence({ last, stands }: Looks, series: string): string | null {
  if (last === null) return null;
  return stands ? curveSentence(last, { series, live: true }) : undecidedSentence();
}

/** Tells whether a verdict claims something that chance may have made. */
export function isClaim({ code, since }: Verdict): boolean {
  return (
    code === 'improving' || code === 'worse' || code === 'fell-then-unknown' || (code === 'flat' && since !== null)
  );
}

function sameClaim(before: Verdict, after: Verdict): boolean {
  return isClaim(before) && before.code === after.code;
}

function lookAt(progress: number): number {
  return Math.min(20, Math.max(0, Math.floor(progress / LOOK + 1e-9)));
}
