import { t } from '../../src/core/base/messages.ts';
import { GREEN, ORANGE } from '../../src/core/evaluation/graders/number.ts';
import { percent } from '../../src/core/base/numbers.ts';
import type { Bounds, GraderOptions, GraderType, RowResult } from '../../src/core/evaluation/types.ts';
import { el } from '../dom.ts';
import { figure, NONE } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import { classOf, type Filter, type RowClass } from './evaluationModel.ts';

/** Label of a class of rows with their number; an exact match is right or wrong, there is no in between. */
export function filterLabel(kind: Filter, grader: GraderType, rows: number): string {
  switch (kind) {
    case 'all':
      return t('All {0}', rows);
    case 'green':
      return grader === 'number' ? t('Green {0}', rows) : t('Match {0}', rows);
    case 'orange':
      return t('Orange {0}', rows);
    case 'red':
      return grader === 'number' ? t('Red {0}', rows) : t('No match {0}', rows);
    case 'no-number':
      return grader === 'label' ? t('No label {0}', rows) : t('No number {0}', rows);
    case 'refused':
      return t('Refused {0}', rows);
    case 'ungradable':
      return t('Not gradable {0}', rows);
    case 'error':
      return t('Failed {0}', rows);
  }
}

/** Word for the class of one row. */
export function className(kind: RowClass, grader: GraderType): string {
  switch (kind) {
    case 'green':
      return grader === 'number' ? t('green') : t('match');
    case 'orange':
      return t('orange');
    case 'red':
      return grader === 'number' ? t('red') : t('no match');
    case 'no-number':
      return grader === 'label' ? t('no label') : t('no number');
    case 'refused':
      return t('refused');
    case 'ungradable':
      return t('not gradable');
    case 'error':
      return t('failed');
  }
}

/** Meaning of the colors, with the bounds of the run, else the lesson's. */
export function colourMeaning(
  kind: 'green' | 'orange' | 'red',
  unit: string,
  { green = GREEN, orange = ORANGE }: GraderOptions = {},
): string {
  const bound = ({ absolute, relative }: Bounds): string =>
    t('below {0} or {1} of the truth', `${unit}${String(absolute)}`, percent(relative).replace('.0', ''));
  switch (kind) {
    case 'green':
      return t('error {0}', bound(green));
    case 'orange':
      return t('error {0}', bound(orange));
    case 'red':
      return t('larger error');
  }
}

/** A mark of color and shape, with its word for screen readers: a word in each row would only repeat it. */
export function colourMark(row: RowResult, grader: GraderType): HTMLElement {
  const kind = classOf(row);
  return el('span', { class: 'verdict' }, [
    el('span', { class: `mark ${kind ?? 'none'}`, attributes: { 'aria-hidden': 'true' } }),
    el('span', { class: 'visually-hidden' }, [kind === null ? NONE : className(kind, grader)]),
  ]);
}

/** The mark with its word, where there is one row only. */
export function colourWord(row: RowResult, grader: GraderType): HTMLElement {
  const kind = classOf(row);
  return el('span', { class: 'verdict' }, [
    el('span', { class: `mark ${kind ?? 'none'}`, attributes: { 'aria-hidden': 'true' } }),
    kind === null ? NONE : className(kind, grader),
  ]);
}

export function guessText(row: RowResult | undefined): string {
  if (row === undefined) return '';
  return typeof row.guess === 'string' ? visibleLine(row.guess) : figure(row.guess);
}

export function truthText(row: RowResult): string {
  return typeof row.truth === 'string' ? visibleLine(row.truth) : figure(row.truth);
}
