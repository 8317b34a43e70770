import type { GraderType, RowResult } from '../../src/core/evaluation/types.ts';
import { el } from '../dom.ts';
import { figure, NONE } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import { classOf, type Filter } from './evaluationModel.ts';

/** Words for the classes of rows; an exact match is right or wrong, there is no in between. */
export function className(kind: Filter, grader: GraderType): string {
  switch (kind) {
    case 'all':
      return 'All';
    case 'green':
      return grader === 'number' ? 'Green' : 'Match';
    case 'orange':
      return 'Orange';
    case 'red':
      return grader === 'number' ? 'Red' : 'No match';
    case 'no-number':
      return 'No number';
    case 'ungradable':
      return 'Not gradable';
    case 'error':
      return 'Failed';
  }
}

/** A coloured mark and its word: the colour is never the only sign. */
export function colourCell(row: RowResult, grader: GraderType): HTMLElement {
  const kind = classOf(row);
  return el('span', { class: 'verdict' }, [
    el('span', { class: `mark ${kind ?? 'none'}`, attributes: { 'aria-hidden': 'true' } }),
    kind === null ? NONE : className(kind, grader).toLowerCase(),
  ]);
}

export function guessText(row: RowResult): string {
  return typeof row.guess === 'string' ? visibleLine(row.guess) : figure(row.guess);
}

export function truthText(row: RowResult): string {
  return typeof row.truth === 'string' ? visibleLine(row.truth) : figure(row.truth);
}
