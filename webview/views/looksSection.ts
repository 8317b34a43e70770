import { t, tn } from '../../src/core/base/messages.ts';
import { count } from '../../src/core/base/numbers.ts';
import { isFloor } from '../../src/core/evaluation/comparison/floors.ts';
import { lookPlanOf, type LookPlan, type PlannedLook } from '../../src/core/evaluation/comparison/lookPlan.ts';
import { LESS_IS_BETTER, type Claim, type Metric } from '../../src/core/evaluation/comparison/types.ts';
import type { Contestant } from '../../src/core/evaluation/types.ts';
import { LOOKS } from '../../src/core/statistics/earlyStop.ts';
import { el, setChildren, setText, show, type Child } from '../dom.ts';
import { decimals, figure, NONE } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { claimText, differenceValue } from './metricWords.ts';
import { heading } from './parts.ts';
import type { Pair } from './runJudgment.ts';

/** Contestant that is compared with the baseline by looks. */
export interface Watched {
  readonly contestant: Contestant;
  readonly plan: LookPlan;
}

/** Plans of all contestants of a run that may stop early; empty for a run that asks all rows. */
export function watchedIn(model: EvaluationModel): readonly Watched[] {
  const { run, looks, question } = model.state;
  if (looks === null || question.baseline === null) return [];
  const items = gradableItems(model);
  return run.contestants
    .filter(({ id, kind }) => id !== question.baseline && kind !== 'constant')
    .map((contestant) => {
      const made = looks.find((one) => one.contestant === contestant.id)?.looks ?? [];
      return { contestant, plan: lookPlanOf(made, items) };
    });
}

function gradableItems(model: EvaluationModel): number {
  const { run, items } = model.state;
  return items.length - Math.max(0, ...run.contestants.map(({ id }) => model.tally(id).classes.ungradable));
}

/** Whether the asking of a contestant was ended by a look before its last row. */
export function isDecidedEarly({ plan }: Watched): boolean {
  return plan.decided !== null && plan.decided.verdict !== 'end';
}

/** Whether claims about a pair are made by planned looks, which have no p-values and test the primary metric alone. */
export function isByLooks({ state }: EvaluationModel, { b }: Pair): boolean {
  return state.looks !== null && b === state.question.baseline;
}

/** What can be said of a figure; `isUntested`: the looks do not test it. */
export function saidOf(claim: Claim, isUntested: boolean): string {
  return isUntested ? t('not tested') : claimText(claim);
}

/** Rows that were not asked, and their price in US dollars; null where no price is known. */
export function savedBy(model: EvaluationModel): {
  readonly rows: number;
  readonly of: number;
  readonly usd: number | null;
} {
  const { run, prices } = model.state;
  const items = gradableItems(model);
  let [rows, of] = [0, 0];
  let usd: number | null = null;
  for (const { id } of run.contestants.filter((one) => !isFloor(one) && one.kind !== 'constant')) {
    const { classes, counted, input, output } = model.tally(id);
    const left = Math.max(0, items - (classes.all - classes.ungradable));
    of += items;
    rows += left;
    const price = prices.find(({ contestant }) => contestant === id);
    if (price && counted > 0)
      usd = (usd ?? 0) + (left / counted) * ((input * price.input + output * price.output) / 1e6);
  }
  return { rows, of, usd };
}

/** The planned looks of a run that may stop early: those that were made with what they saw, and those to come. */
export class LooksSection {
  readonly element: HTMLElement;
  readonly #heading = heading('h2', t('Stopping early'));
  readonly #sentences = el('div', { class: 'look-sentences' });
  readonly #table = el('div', { class: 'scroll', attributes: { tabindex: 0, role: 'region' } });
  readonly #caption = el('p', { class: 'dim caption' });

  constructor() {
    this.#table.setAttribute('aria-label', t('Planned looks'));
    this.element = el('section', { class: 'looks', attributes: { 'aria-label': t('Stopping early') } }, [
      this.#heading.element,
      this.#sentences,
      this.#table,
      this.#caption,
    ]);
  }

  update(model: EvaluationModel): void {
    const watched = watchedIn(model);
    show(this.element, watched.length > 0);
    if (watched.length === 0) return;
    const baseline = visibleLine(model.labelOf(model.state.question.baseline ?? ''));
    setText(this.#heading.note, t('each contestant against {0}, by itself', baseline));
    setChildren(
      this.#sentences,
      lookSentences(model, watched).map((sentence) => el('p', {}, [sentence])),
    );
    setChildren(this.#table, [table(watched, model.state.question.primary)]);
    setText(
      this.#caption,
      t(
        'Each interval is by the limit of its look, wider than one of 95 %; that of the look that ended the asking is the interval after stopping.',
      ),
    );
  }
}

/** Why the asking ended, what it saved, and what going on would change. */
export function lookSentences(model: EvaluationModel, watched: readonly Watched[]): readonly string[] {
  const { status } = model.state;
  const items = gradableItems(model);
  const baseline = visibleLine(model.labelOf(model.state.question.baseline ?? ''));
  const sentences = watched.map((one) => reasonOf(one, baseline, items));
  if (!watched.some(isDecidedEarly)) return sentences;
  if (status === 'stopped-early') {
    const { rows, of, usd } = savedBy(model);
    sentences.push(
      usd === null || usd === 0
        ? tn(rows, '{0} of {1} answer was not asked for.', '{0} of {1} answers were not asked for.', of)
        : tn(
            rows,
            '{0} of {1} answer was not asked for, which saved about ${2}.',
            '{0} of {1} answers were not asked for, which saved about ${2}.',
            of,
            figure(usd),
          ),
      t('Going on to the end asks for the others; the verdict stays that of the planned look.'),
    );
  } else if (status === 'finished') {
    sentences.push(
      t(
        'All rows were asked after that. The verdict stays that of the planned look: the rows after it decide nothing.',
      ),
    );
  }
  return sentences;
}

function reasonOf({ contestant, plan: { decided } }: Watched, baseline: string, items: number): string {
  const label = visibleLine(contestant.label);
  if (decided === null) return t('{0} is not decided yet.', label);
  const { verdict, rows, estimate } = decided;
  if (verdict === 'futile')
    return t(
      '{0} was decided after {1} of {2} rows: the others would hardly have shown a difference from {3}.',
      label,
      rows,
      items,
      baseline,
    );
  if (verdict !== 'different')
    return t('{0} was asked all rows, and no look showed a difference from {1}.', label, baseline);
  return estimate.value < 0
    ? t('{0} was decided after {1} of {2} rows: it is better than {3}.', label, rows, items, baseline)
    : t('{0} was decided after {1} of {2} rows: it is worse than {3}.', label, rows, items, baseline);
}

function table(watched: readonly Watched[], primary: Metric): HTMLElement {
  const heads: readonly (readonly [string, boolean])[] = [
    [t('look'), false],
    [t('rows'), true],
    [t('limit of |t|'), true],
    [t('t seen'), true],
    [t('difference'), true],
    [t('interval'), true],
    [t('decision'), false],
  ];
  return el('table', { attributes: { 'aria-label': t('Planned looks') } }, [
    el('thead', {}, [
      el(
        'tr',
        {},
        heads.map(([title, isNumber]) =>
          el('th', { class: isNumber ? 'number' : '', attributes: { scope: 'col' } }, [title]),
        ),
      ),
    ]),
    ...watched.map((one) =>
      el('tbody', {}, [
        watched.length === 1
          ? null
          : el('tr', { class: 'group' }, [
              el('th', { attributes: { scope: 'rowgroup', colspan: heads.length } }, [
                visibleLine(one.contestant.label),
              ]),
            ]),
        ...one.plan.looks.map((look) => line(look, one.plan, primary)),
      ]),
    ),
  ]);
}

function line({ look, rows, limit, made }: PlannedLook, { decided }: LookPlan, primary: Metric): HTMLElement {
  const cells: readonly string[] = made
    ? [figureOfT(made.t), ...differenceOf(made.estimate, primary)]
    : [NONE, NONE, NONE];
  const isDeciding = made !== null && made === decided;
  return el('tr', { class: isDeciding ? 'deciding' : made ? '' : 'dim' }, [
    el('th', { attributes: { scope: 'row' } }, [t('{0} of {1}', look + 1, LOOKS.length)]),
    el('td', { class: 'number' }, [count(rows)]),
    el('td', { class: 'number' }, [decimals(limit, 2)]),
    ...cells.map((text) => el('td', { class: 'number' }, [text])),
    el('td', {}, [decision(made, decided)]),
  ]);
}

function figureOfT(value: number): string {
  if (Math.abs(value) > 1e6) return value < 0 ? '−∞' : '∞';
  return decimals(value, 2).replace('-', '−');
}

/** Looks are about losses: the difference of a share has the other sign. */
function differenceOf(
  { value, low, high }: { readonly value: number; readonly low: number; readonly high: number },
  primary: Metric,
): readonly string[] {
  const write = (one: number): string => differenceValue(primary, one);
  return LESS_IS_BETTER.has(primary)
    ? [write(value), t('{0} … {1}', write(low), write(high))]
    : [write(-value), t('{0} … {1}', write(-high), write(-low))];
}

function decision(made: PlannedLook['made'], decided: LookPlan['decided']): Child {
  if (made === null) return decided === null ? t('to come') : t('not needed');
  switch (made.verdict) {
    case 'different':
      return made.estimate.value < 0 ? t('stopped: better') : t('stopped: worse');
    case 'futile':
      return t('stopped: a difference would hardly show');
    case 'end':
      return t('ended: no difference shown');
    case 'continue':
      return t('went on');
  }
}
