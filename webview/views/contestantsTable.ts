import type { Contestant, ContestantReport } from '../../src/core/evaluation/types.ts';
import { el, setChildren, type Child } from '../dom.ts';
import { figure, NONE, percent, unitOf } from '../format.ts';
import { count } from '../../src/core/base/numbers.ts';
import type { EvaluationModel } from './evaluationModel.ts';

/** The figures of all contestants, the best in bold, the floor (a constant) always among them. */
export class ContestantsTable {
  readonly element = el('div', { class: 'contestants' });

  update(model: EvaluationModel): void {
    const { run } = model.state;
    const best = bestOf(model);
    const numeric = run.grader === 'number';
    const rows = run.contestants.map((contestant) => {
      const report = model.report(contestant.id);
      const isBest = contestant.id === best;
      const name = el('th', { attributes: { scope: 'row' } }, [
        contestant.label,
        ' ',
        el('span', { class: 'dim' }, [describe(contestant)]),
        isBest ? el('span', { class: 'visually-hidden' }, [' best so far']) : null,
      ]);
      const cells = numeric ? numberCells(report) : matchCells(report);
      return el('tr', { class: isBest ? 'best' : '' }, [name, ...cells.map((text) => cell(text))]);
    });
    const unit = unitOf(run.answerPrefix);
    setChildren(this.element, [
      el('table', { attributes: { 'aria-label': 'Contestants' } }, [
        numeric ? numberHead(unit === '' ? '' : `, ${unit}`) : matchHead(),
        el('tbody', {}, rows),
      ]),
    ]);
  }
}

function numberCells(report: ContestantReport | undefined): readonly string[] {
  if (!report || report.n + report.errors === 0) return Array.from({ length: 9 }, () => NONE);
  return [
    figure(report.meanError),
    figure(report.medianError),
    figure(report.rmsle),
    percent(report.hits),
    count(report.noNumber),
    figure(report.lessonMeanError),
    figure(report.lessonRmsle),
    count(report.n),
    count(report.errors),
  ];
}

function numberHead(unit: string): HTMLElement {
  return el('thead', {}, [
    el('tr', {}, [
      el('th', { attributes: { scope: 'col', rowspan: 2 } }, ['contestant']),
      head(`error${unit}`, 'Mean of |guess − truth| over the rows with a number.', 2),
      head(`median${unit}`, 'Median of |guess − truth| over the rows with a number.', 2),
      head('RMSLE', 'Root mean squared logarithmic error over the rows with a number.', 2),
      head('hits', 'Share of green rows among the answered ones.', 2),
      head('no number', 'Replies that hold no number; they are not in the mean.', 2),
      el('th', { class: 'number group', attributes: { scope: 'colgroup', colspan: 2 } }, [
        'lesson’s way (no number = 0)',
      ]),
      head('answered', 'Rows answered, with and without a number.', 2),
      head('failed', 'Requests that failed.', 2),
    ]),
    el('tr', {}, [
      head(`error${unit}`, 'Mean error when a reply without a number counts as the guess 0.', 1),
      head('RMSLE', 'RMSLE when a reply without a number counts as the guess 0.', 1),
    ]),
  ]);
}

function matchCells(report: ContestantReport | undefined): readonly string[] {
  if (!report || report.n + report.errors === 0) return Array.from({ length: 3 }, () => NONE);
  return [percent(report.hits), `${count(report.green)} / ${count(report.n)}`, count(report.errors)];
}

function matchHead(): HTMLElement {
  return el('thead', {}, [
    el('tr', {}, [
      el('th', { attributes: { scope: 'col' } }, ['contestant']),
      head('accuracy', 'Share of replies that equal the answer, spaces around them aside.', 1),
      head('correct / answered', 'Replies that equal the answer, of those received.', 1),
      head('failed', 'Requests that failed.', 1),
    ]),
  ]);
}

function head(text: string, hint: string, rowspan: number): HTMLElement {
  return el('th', { class: 'number', attributes: { scope: 'col', rowspan, title: hint } }, [text]);
}

function cell(text: Child): HTMLElement {
  return el('td', { class: 'number' }, [text]);
}

function describe(contestant: Contestant): string {
  if (contestant.kind === 'constant') {
    const answer = contestant.constant === undefined ? '' : ` answers ${contestant.constant}`;
    const source = contestant.constantSource === undefined ? '' : `, ${contestant.constantSource}`;
    return `floor${answer === '' ? '' : ':'}${answer}${source}`;
  }
  const kind = contestant.kind === 'base' ? 'base' : 'fine-tuned';
  return contestant.model === undefined || contestant.model === contestant.label
    ? kind
    : `${kind} · ${contestant.model}`;
}

/** Lowest mean error, or most matches; nobody while there is only one with figures. */
function bestOf(model: EvaluationModel): string | null {
  const { run, reports } = model.state;
  const scored = reports.flatMap((report) => {
    const value = run.grader === 'number' ? report.meanError : report.hits === null ? null : -report.hits;
    return value === null || report.n === 0 ? [] : [{ id: report.contestant, value }];
  });
  if (scored.length < 2) return null;
  return scored.reduce((best, next) => (next.value < best.value ? next : best)).id;
}
