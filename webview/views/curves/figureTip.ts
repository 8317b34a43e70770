import { t, tn } from '../../../src/core/base/messages.ts';
import { percent } from '../../../src/core/base/numbers.ts';
import type { XAxis } from '../../../src/core/training/curves/xAxis.ts';
import type { DrawnLine } from '../../charts/curves/curvePicture.ts';
import type { Reading } from '../../charts/curves/lines.ts';
import { placeText } from '../../charts/curves/tickLabels.ts';
import { el } from '../../dom.ts';
import { metric, NONE } from '../../format.ts';
import { lineMark } from './lineMark.ts';

/** Lines in a tooltip at most. */
const MOST_LINES = 14;

export interface TipInput {
  readonly x: number;
  readonly axis: XAxis;
  readonly readings: readonly Reading[];
  readonly drawn: readonly DrawnLine[];
  /** Id of the run that the others are compared with; null: none. */
  readonly baseline: string | null;
}

/** Figures at the crosshair: of each line the value that it shows, and the raw one where that is another. */
export function tipContent(input: TipInput): readonly HTMLElement[] {
  if (input.readings.length === 0) return [];
  const rows = input.readings.slice(0, MOST_LINES).map((reading) => {
    const drawn = input.drawn.find(({ line }) => line.id === reading.line.id);
    return el('tr', {}, [
      el('td', {}, drawn ? [lineMark(drawn.look)] : []),
      el('td', {}, [drawn?.label ?? '']),
      el('td', { class: 'number' }, [el('strong', {}, [metric(reading.shown)])]),
      el('td', { class: 'number dim' }, [rawText(reading)]),
      el('td', { class: 'number dim' }, [differenceOf(reading, input)]),
    ]);
  });
  const more = input.readings.length - rows.length;
  return [
    el('div', { class: 'tip-head' }, [headOf(input)]),
    el('table', {}, [el('tbody', {}, rows)]),
    ...(more > 0 ? [el('div', { class: 'dim' }, [tn(more, '{0} more line', '{0} more lines')])] : []),
  ];
}

/** The same in one sentence a line, for screen readers. */
export function tipSentence(input: TipInput): string {
  const lines = input.readings.map((reading) => {
    const label = input.drawn.find(({ line }) => line.id === reading.line.id)?.label ?? '';
    return rawText(reading) === ''
      ? t('{0} {1}', label, metric(reading.shown))
      : t('{0} {1}, raw {2}', label, metric(reading.shown), metric(reading.raw));
  });
  return [headOf(input), ...lines].join('; ');
}

/** Share by which a value lies above (+) or below (−) that of the baseline, or empty. */
export function differenceText(value: number, base: number): string {
  if (!Number.isFinite(value) || !Number.isFinite(base) || base === 0) return base === 0 ? NONE : '';
  const share = (value - base) / Math.abs(base);
  const size = percent(Math.abs(share));
  if (Math.abs(share) < 0.0005) return size;
  return share < 0 ? `−${size}` : `+${size}`;
}

function headOf({ x, axis, readings }: TipInput): string {
  const first = readings[0];
  const place = placeText(axis, first?.x ?? x);
  return axis === 'step' || !first ? place : t('{0} · step {1}', place, first.step);
}

function rawText({ raw, shown }: Reading): string {
  return metric(shown) === metric(raw) ? '' : t('raw {0}', metric(raw));
}

function differenceOf(reading: Reading, { readings, baseline }: TipInput): string {
  if (baseline === null || reading.line.run.id === baseline) return '';
  const base = readings.find(({ line }) => line.run.id === baseline && line.metric === reading.line.metric);
  return base ? differenceText(reading.shown, base.shown) : '';
}
