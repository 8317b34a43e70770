import { t, tn } from '../../../src/core/base/messages.ts';
import { decimals, percent } from '../../../src/core/base/numbers.ts';
import type { Evidence, Turn, Verdict } from '../../../src/core/training/verdict/verdict.ts';
import { el } from '../../dom.ts';
import { metric } from '../../format.ts';

export interface Explained {
  readonly label: string;
  readonly verdict: Verdict;
}

interface Fact {
  readonly name: string;
  /** Meaning in plain words. */
  readonly words: string;
  /** Empty: it does not apply. */
  readonly of: (verdict: Verdict) => string;
}

/** Table of the numbers behind verdicts: a fact a row, a series a column. Facts that apply to none are left out. */
export function explanation(series: readonly Explained[]): readonly HTMLElement[] {
  const rows = facts()
    .map((fact) => ({ fact, cells: series.map(({ verdict }) => fact.of(verdict)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  return [
    el('table', { class: 'explained', attributes: { 'aria-label': t('Numbers behind the verdicts') } }, [
      el('thead', {}, [
        el('tr', {}, [
          el('th', { attributes: { scope: 'col' } }, [t('Number')]),
          ...series.map(({ label }) => el('th', { attributes: { scope: 'col' } }, [label])),
        ]),
      ]),
      el(
        'tbody',
        {},
        rows.map(({ fact, cells }) =>
          el('tr', {}, [
            el('th', { attributes: { scope: 'row' } }, [
              el('span', {}, [fact.name]),
              el('span', { class: 'dim' }, [fact.words]),
            ]),
            ...cells.map((cell) => el('td', {}, [cell === '' ? '–' : cell])),
          ]),
        ),
      ),
    ]),
  ];
}

function facts(): readonly Fact[] {
  return [
    { name: t('Points'), words: t('values that were reported'), of: ({ points }) => tn(points, '{0}', '{0}') },
    {
      name: t('Means'),
      words: t('equal runs of points whose means the shapes are fitted to'),
      of: withEvidence(({ bins }) => (bins === 0 ? '' : tn(bins, '{0}', '{0}'))),
    },
    {
      name: t('Memory of the noise, r'),
      words: t('0: each mean is independent of the one before; near 1: the curve drifts'),
      of: withEvidence(({ bins, correlation }) => (bins === 0 ? '' : decimals(correlation, 2))),
    },
    {
      name: t('Trend, T'),
      words: t('how much better the best shape fits than a constant; of few points a ratio of variances'),
      of: withEvidence(({ trend, trendLimit }) => against(trend, trendLimit)),
    },
    {
      name: t('After the bend, T'),
      words: t('how much better a slope fits there than a flat line'),
      of: withEvidence(({ slope, slopeLimit }) =>
        slope === null || slopeLimit === null ? '' : against(slope, slopeLimit),
      ),
    },
    {
      name: t('Clearly, T'),
      words: t('the trend, when the noise may be a random walk as well'),
      of: withEvidence(({ strict, strictLimit }) => (strict === null ? '' : against(strict, strictLimit))),
    },
    {
      name: t('Shape'),
      words: t('the best of 340; of few points a line with one bend at most'),
      of: (verdict) => shapeOf(verdict),
    },
    {
      name: t('Settled at'),
      words: t('where 95% of the change was done'),
      of: ({ settled }) => turnText(settled),
    },
    { name: t('Since'), words: t('where it bends or turns'), of: ({ since }) => turnText(since) },
    {
      name: t('Bound'),
      words: t('largest change that may be there, as a share of the level'),
      of: ({ bound }) => (bound === null ? '' : percent(bound)),
    },
    {
      name: t('Best value'),
      words: t('of all points, at its step'),
      of: ({ best }) => (best === null ? '' : t('{0} at step {1}', metric(best.value), best.step)),
    },
  ];
}

function withEvidence(of: (evidence: Evidence) => string): Fact['of'] {
  return ({ evidence }) => (evidence === null ? '' : of(evidence));
}

/** A gain and what it must exceed. */
function against(value: number, limit: number): string {
  return value > limit
    ? t('{0}, above the limit of {1}', decimals(value, 1), decimals(limit, 1))
    : t('{0}, not above the limit of {1}', decimals(value, 1), decimals(limit, 1));
}

function shapeOf({ code, evidence }: Verdict): string {
  if (evidence === null || evidence.trend <= evidence.trendLimit) return evidence === null ? '' : t('constant');
  if (evidence.knee === null) return t('straight line');
  const knee = percent(evidence.knee);
  if (code === 'improving') return t('change with a bend at {0} of the points, going on after it', knee);
  return code === 'worse'
    ? t('turn at {0} of the points', knee)
    : t('change until {0} of the points, then level', knee);
}

function turnText(turn: Turn | null): string {
  if (turn === null) return '';
  return turn.between === null
    ? t('step {0}', turn.step)
    : t('step {0} (between {1} and {2})', turn.step, turn.between[0], turn.between[1]);
}
