import { familiesOf } from '../curves/families.ts';
import { gapSentence, hintsOf, noteSentence, notesOf, type Evidenced, type Hint } from './hints.ts';
import { judgeGap, type Gap } from './gap.ts';
import { judgeCurve } from './judge.ts';
import { isLookDue, liveSentence, looksInSteps, NO_LOOKS, type LivePoints, type Looks } from './live.ts';
import { curveSentence } from './sentence.ts';
import { betterOf, hasDirection, isFullValidation, trainingLossFor } from './seriesNames.ts';
import type { Verdict } from './verdict.ts';

/** Points of a series, ascending in their steps, as reported. */
export interface JudgedSeries extends LivePoints {
  readonly name: string;
  /** Changes while the length stays the same; see `SeriesView`. */
  readonly edits: number;
}

export interface JudgedRun {
  readonly series: readonly JudgedSeries[];
  /** Training has not ended. */
  readonly isLive: boolean;
  /** Last step as planned; null: unknown. */
  readonly totalSteps: number | null;
  readonly epochs: number | null;
  readonly batchSize: number | null;
  /** Steps of the checkpoints that exist. */
  readonly checkpoints: readonly number[];
}

export interface SeriesVerdict {
  readonly name: string;
  readonly verdict: Verdict;
  /** What is said stands: false while a live claim was seen at one look only. */
  readonly stands: boolean;
  /** Whole sentences: the verdict, then its notes. */
  readonly sentence: string;
  readonly notes: readonly string[];
}

export interface RunVerdicts {
  /** In the order of the charts; without those that have no better direction, and those that were not looked at yet. */
  readonly series: readonly SeriesVerdict[];
  readonly gap: Gap | null;
  /** About training against validation; null where nothing can be said. */
  readonly gapSentence: string | null;
  /** From what stands, strongest first. */
  readonly hints: readonly Hint[];
}

/** Share by which a live curve of unknown length grows between two looks. */
const GROWTH = 0.05;

interface Kept {
  readonly length: number;
  readonly edits: number;
  readonly looks: Looks | null;
  readonly total: number | null;
  readonly verdict: SeriesVerdict | null;
}

/**
 * Judges the curves of one run again and again while it grows. A series is judged when it has changed, and while it is live when the next
 * look is due (each 5 % of the run).
 */
export class RunJudge {
  readonly #kept = new Map<string, Kept>();
  #gap: { readonly key: string; readonly gap: Gap | null } = { key: '', gap: null };

  /** Judges in steps of some 20 ms for a million points. */
  *judge(run: JudgedRun): Generator<undefined, RunVerdicts> {
    const byName = new Map(run.series.map((series) => [series.name, series]));
    const verdicts: SeriesVerdict[] = [];
    for (const name of [...familiesOf([...byName.keys()]).values()].flat()) {
      const series = byName.get(name);
      if (series === undefined || series.values.length === 0 || !hasDirection(name)) continue;
      const found = run.isLive ? yield* this.#live(series, run) : this.#whole(series, run);
      if (found !== null) verdicts.push(found);
      yield;
    }
    const gap = run.isLive ? null : this.#gapOf(byName);
    yield;
    const standing: Evidenced[] = verdicts.filter(({ stands }) => stands);
    return {
      series: verdicts,
      gap,
      gapSentence: gap === null ? null : gapSentence(gap),
      // While it trains, the model at the end is a checkpoint to come.
      hints: hintsOf({
        ...run,
        series: standing,
        gap,
        checkpoints: run.isLive && run.totalSteps !== null ? [...run.checkpoints, run.totalSteps] : run.checkpoints,
      }),
    };
  }

  #whole(series: JudgedSeries, run: JudgedRun): SeriesVerdict | null {
    const { name, steps, values, edits } = series;
    const kept = this.#kept.get(name);
    if (kept?.looks === null && kept.length === values.length && kept.edits === edits) return kept.verdict;
    const found = judgeCurve(steps, values, { better: betterOf(name) });
    const verdict = told(name, found, curveSentence(found, { series: name }), true, run);
    this.#kept.set(name, { length: values.length, edits, looks: null, total: null, verdict });
    return verdict;
  }

  *#live(series: JudgedSeries, run: JudgedRun): Generator<undefined, SeriesVerdict | null> {
    const { name, steps, values, edits } = series;
    const { totalSteps: total } = run;
    const kept = this.#kept.get(name);
    const looks = kept === undefined || kept.total !== total || values.length < kept.length ? null : kept.looks;
    const end = steps.at(-1) ?? 0;
    const hasGrown =
      total === null || total < end
        ? values.length > (kept?.length ?? 0) * (1 + GROWTH)
        : isLookDue(looks ?? NO_LOOKS, end / total);
    if (kept !== undefined && looks !== null && !hasGrown) return kept.verdict;
    const next = yield* looksInSteps(series, total, betterOf(name));
    const sentence = liveSentence(next, name);
    const verdict = next.last === null || sentence === null ? null : told(name, next.last, sentence, next.stands, run);
    this.#kept.set(name, { length: values.length, edits, looks: next, total, verdict });
    return verdict;
  }

  /** Training against the full validation where there is one, else against another validation. */
  #gapOf(byName: ReadonlyMap<string, JudgedSeries>): Gap | null {
    const names = [...byName.keys()];
    const candidates = [...names].sort((a, b) => Number(isFullValidation(b)) - Number(isFullValidation(a)));
    let most: { readonly training: JudgedSeries; readonly validation: JudgedSeries } | null = null;
    for (const name of candidates) {
      const training = byName.get(trainingLossFor(name, names) ?? '');
      const validation = byName.get(name);
      if (training === undefined || validation === undefined) continue;
      // The gap needs thirteen validations: the series that has them is the one to ask.
      if (most === null || validation.values.length > most.validation.values.length) most = { training, validation };
    }
    if (most === null) return null;
    const { training, validation } = most;
    const key = JSON.stringify([training, validation].map(({ name, edits, values }) => [name, edits, values.length]));
    if (this.#gap.key !== key) this.#gap = { key, gap: judgeGap(training, validation) };
    return this.#gap.gap;
  }
}

function told(name: string, verdict: Verdict, sentence: string, stands: boolean, run: JudgedRun): SeriesVerdict {
  return { name, verdict, stands, sentence, notes: notesOf(name, run).map(noteSentence) };
}

/** A place on a curve that a verdict names. */
export interface VerdictMark {
  readonly series: string;
  readonly kind: 'plateau' | 'turn' | 'best';
  readonly step: number;
  /** Null: the method has no interval for it. */
  readonly between: readonly [number, number] | null;
}

/** Places that the standing verdicts name: where a fall ended, where it turned, and the lowest full validation. */
export function marksOf(series: readonly SeriesVerdict[]): readonly VerdictMark[] {
  return series.flatMap(({ name, verdict, stands }): VerdictMark[] => {
    const marks: VerdictMark[] = [];
    const { best, code, first, points, since } = verdict;
    if (stands && since !== null && since.step !== first && code !== 'improving')
      marks.push({ series: name, kind: code === 'worse' ? 'turn' : 'plateau', ...since });
    if (isFullValidation(name) && best !== null && points > 1)
      marks.push({ series: name, kind: 'best', step: best.step, between: null });
    return marks;
  });
}
