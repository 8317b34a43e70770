import { t, tn } from '../../src/core/base/messages.ts';
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
        isBest ? ' ' : null,
        isBest ? el('span', { class: 'visually-hidden' }, [t('best so far')]) : null,
      ]);
      const cells = numeric ? numberCells(report) : matchCells(report);
      return el('tr', { class: isBest ? 'best' : '' }, [name, ...cells.map((text) => cell(text))]);
    });
    const unit = unitOf(run.answerPrefix);
    setChildren(this.element, [
      el('table', { attributes: { 'aria-label': t('Contestants') } }, [
        numeric ? numberHead(unit) : matchHead(),
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

/** `unit`: a currency sign, or empty. */
function numberHead(unit: string): HTMLElement {
  const error = unit === '' ? t('error') : t('error, {0}', unit);
  const median = unit === '' ? t('median') : t('median, {0}', unit);
  return el('thead', {}, [
    el('tr', {}, [
      el('th', { attributes: { scope: 'col', rowspan: 2 } }, [t('contestant')]),
      head(error, t('Mean of |guess − truth| over the rows with a number.'), 2),
      head(median, t('Median of |guess − truth| over the rows with a number.'), 2),
      head(t('RMSLE'), t('Root mean squared logarithmic error over the rows with a number.'), 2),
      head(t('hits'), t('Share of green rows among the answered ones.'), 2),
      head(t('no number'), t('Replies that hold no number; they are not in the mean.'), 2),
      el('th', { class: 'number group', attributes: { scope: 'colgroup', colspan: 2 } }, [
        t('lesson’s way (no number = 0)'),
      ]),
      head(t('answered'), t('Rows answered, with and without a number.'), 2),
      head(t('failed'), t('Requests that failed.'), 2),
    ]),
    el('tr', {}, [
      head(error, t('Mean error when a reply without a number counts as the guess 0.'), 1),
      head(t('RMSLE'), t('RMSLE when a reply without a number counts as the guess 0.'), 1),
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
      el('th', { attributes: { scope: 'col' } }, [t('contestant')]),
      head(t('accuracy'), t('Share of replies that equal the answer, spaces around them aside.'), 1),
      head(t('correct / answered'), t('Replies that equal the answer, of those received.'), 1),
      head(t('failed'), t('Requests that failed.'), 1),
    ]),
  ]);
}

function head(text: string, hint: string, rowspan: number): HTMLElement {
  return el('th', { class: 'number', attributes: { scope: 'col', rowspan, title: hint } }, [text]);
}

function cell(text: Child): HTMLElement {
  return el('td', { class: 'number' }, [text]);
}

/** The model's name, unless its label says it already, and its own token limit. */
function describe(contestant: Contestant): string {
  if (contestant.kind === 'constant') {
    const { constant, constantSource } = contestant;
    if (constant === undefined) return t('floor');
    return constantSource === undefined
      ? t('floor: answers {0}', constant)
      : t('floor: answers {0}, {1}', constant, constantSource);
  }
  const kind = contestant.kind === 'base' ? t('base') : t('fine-tuned');
  return [
    kind,
    contestant.model === undefined || contestant.model === contestant.label ? '' : contestant.model,
    contestant.maxTokens === undefined
      ? ''
      : tn(contestant.maxTokens, 'at most {0} token with its reasoning', 'at most {0} tokens with its reasoning'),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Lowest mean error, or most matches; null while only one contestant has figures. */
function bestOf(model: EvaluationModel): string | null {
  const { run, reports } = model.state;
  const scored = reports.flatMap((report) => {
    const value = run.grader === 'number' ? report.meanError : report.hits === null ? null : -report.hits;
    return value === null || report.n === 0 ? [] : [{ id: report.contestant, value }];
  });
  if (scored.length < 2) return null;
  return scored.reduce((best, next) => (next.value < best.value ? next : best)).id;
}
