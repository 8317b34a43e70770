import { t } from '../../src/core/base/messages.ts';
import type { GraderType, RowResult } from '../../src/core/evaluation/types.ts';
import { el } from '../dom.ts';
import { figure, NONE } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import { classOf, type Filter } from './evaluationModel.ts';

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
      return t('No number {0}', rows);
    case 'ungradable':
      return t('Not gradable {0}', rows);
    case 'error':
      return t('Failed {0}', rows);
  }
}

/** Word for the class of one row. */
function className(kind: Exclude<Filter, 'all'>, grader: GraderType): string {
  switch (kind) {
    case 'green':
      return grader === 'number' ? t('green') : t('match');
    case 'orange':
      return t('orange');
    case 'red':
      return grader === 'number' ? t('red') : t('no match');
    case 'no-number':
      return t('no number');
    case 'ungradable':
      return t('not gradable');
    case 'error':
      return t('failed');
  }
}

/** A colored mark and its word: the color is never the only sign. */
export function colourCell(row: RowResult, grader: GraderType): HTMLElement {
  const kind = classOf(row);
  return el('span', { class: 'verdict' }, [
    el('span', { class: `mark ${kind ?? 'none'}`, attributes: { 'aria-hidden': 'true' } }),
    kind === null ? NONE : className(kind, grader),
  ]);
}

export function guessText(row: RowResult): string {
  return typeof row.guess === 'string' ? visibleLine(row.guess) : figure(row.guess);
}

export function truthText(row: RowResult): string {
  return typeof row.truth === 'string' ? visibleLine(row.truth) : figure(row.truth);
}
