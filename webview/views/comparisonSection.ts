import { t, tn } from '../../src/core/base/messages.ts';
import { count, percent } from '../../src/core/base/numbers.ts';
import { sentenceOf } from '../../src/core/evaluation/comparison/statements.ts';
import type { Claim, Comparison } from '../../src/core/evaluation/comparison/types.ts';
import { linkButton } from '../components.ts';
import { el, setChildren, setText, show, type Child } from '../dom.ts';
import { unitOf } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { differenceValue, metricTitle, pText } from './metricWords.ts';
import { isByLooks, isDecidedEarly, saidOf, watchedIn } from './looksSection.ts';
import { heading } from './parts.ts';
import type { RunChecks } from './runChecks.ts';
import { askedPair, type RunJudgment } from './runJudgment.ts';

/** Rows that are named as those that carry the mean. */
const NAMED = 3;
/** Share of the spread from which a row is named. */
const HEAVY = 0.05;

/** The chosen pair: difference, interval, p and claim of each metric, and of the typical row; where they disagree, why. */
export class ComparisonSection {
  readonly element: HTMLElement;
  readonly #heading = heading('h2', t('Comparison'));
  readonly #sentence = el('p', { class: 'pair-sentence' });
  readonly #table = el('div', { class: 'scroll' });
  readonly #why = el('p', { class: 'why' });
  readonly #looked = el('p', { class: 'dim caption' }, [
    t('This run may stop early: it claims by the limits of its planned looks, and has no p-values.'),
  ]);
  readonly #checks = new ChecksFold();
  readonly #openRow: (item: number) => void;

  constructor(openRow: (item: number) => void) {
    this.#openRow = openRow;
    this.element = el('section', { class: 'comparison', attributes: { 'aria-label': t('Comparison') } }, [
      this.#heading.element,
      this.#sentence,
      this.#table,
      this.#why,
      this.#looked,
      this.#checks.element,
    ]);
  }

  update(model: EvaluationModel, judgment: RunJudgment | null, checks: RunChecks | null): void {
    const { b } = judgment?.pair ?? { b: null };
    const [first] = judgment?.comparisons ?? [];
    const hasItems = first !== undefined && first.items > 0;
    show(this.element, judgment !== null && b !== null && hasItems);
    if (!judgment || b === null || !hasItems) return;
    const { pair, comparisons } = judgment;
    const asked = askedPair(model);
    setText(
      this.#heading.note,
      tn(
        first.items,
        '{1} with {2}, over the {0} item that both have',
        '{1} with {2}, over the {0} items that both have',
        visibleLine(model.labelOf(pair.a)),
        visibleLine(model.labelOf(b)),
      ),
    );
    // The pair of the headline is not said twice.
    const isAsked = pair.a === asked.a && b === asked.b;
    setText(this.#sentence, isAsked ? '' : sentenceOf(judgment.statements));
    show(this.#sentence, !isAsked);
    const byLooks = isByLooks(model, pair);
    const early = byLooks && watchedIn(model).some((one) => one.contestant.id === pair.a && isDecidedEarly(one));
    setChildren(this.#table, [
      table(comparisons, {
        unit: unitOf(model.state.run.answerPrefix),
        byLooks,
        primary: model.state.question.primary,
        isEarly: early,
      }),
    ]);
    show(this.#looked, byLooks);
    this.#checks.update(checks);
    const why = byLooks ? [] : this.#reasons(model, judgment);
    show(this.#why, why.length > 0);
    setChildren(this.#why, why);
  }

  /** The rows that carry the mean, where it and the typical row say different things. */
  #reasons(model: EvaluationModel, { comparisons, differences }: RunJudgment): Child[] {
    const mean = comparisons.find(({ typical }) => typical !== null);
    if (!mean?.typical || mean.typical.claim === mean.claim || differences.length < 2) return [];
    const average = differences.reduce((sum, { value }) => sum + value, 0) / differences.length;
    const spread = differences.reduce((sum, { value }) => sum + (value - average) ** 2, 0);
    if (!(spread > 0)) return [];
    const heavy = differences
      .map(({ item, value }) => ({ item, value, share: (value - average) ** 2 / spread }))
      .sort((x, y) => y.share - x.share)
      .slice(0, NAMED)
      .filter(({ share }, index) => index === 0 || share >= HEAVY);
    return [
      t('The mean and the typical item say different things, for a few items carry most of the spread:'),
      ...heavy.flatMap(({ item, value, share }) => [
        ' ',
        linkButton(visibleLine(model.item(item)?.title ?? String(item)), () => {
          this.#openRow(item);
        }),
        ` ${t('({0}, {1} of the spread)', differenceValue('mae', value), percent(share))}`,
      ]),
    ];
  }
}

interface TableOptions {
  readonly unit: string;
  /** Whether claims are made by planned looks, which have no p-values and test the primary metric alone. */
  readonly byLooks: boolean;
  readonly primary: Comparison['metric'];
  /** Whether the interval of the primary metric is the one after stopping. */
  readonly isEarly: boolean;
}

function table(comparisons: readonly Comparison[], options: TableOptions): HTMLElement {
  const { unit } = options;
  const heads = [t('difference'), t('95 % interval'), t('p'), t('what can be said')];
  const rows = comparisons.flatMap((comparison) => {
    const { metric, difference, typical, claim } = comparison;
    const title =
      metric === 'hits' || metric === 'accuracy'
        ? t('{0}, points', metricTitle(metric, ''))
        : metricTitle(metric, unit);
    const isPrimary = metric === options.primary;
    const lines = [line(title, metric, difference, claim, { ...options, isPrimary })];
    if (typical) lines.push(line(typicalTitle(unit), metric, typical, typical.claim, { ...options, isPrimary: false }));
    return lines;
  });
  const [first] = comparisons;
  return el('table', { attributes: { 'aria-label': t('Comparison') } }, [
    el('thead', {}, [
      el('tr', {}, [
        el('th', { attributes: { scope: 'col' } }, [t('figure')]),
        ...heads.map((title, index) =>
          el('th', { class: index < 3 ? 'number' : '', attributes: { scope: 'col' } }, [title]),
        ),
      ]),
    ]),
    el('tbody', {}, [
      ...rows,
      first
        ? el('tr', {}, [
            el('th', { attributes: { scope: 'row' } }, [t('items')]),
            el('td', { attributes: { colspan: 4 } }, [
              t(
                'better in {0}, worse in {1}, equal in {2}',
                count(first.better),
                count(first.worse),
                count(first.ties),
              ),
            ]),
          ])
        : null,
    ]),
  ]);
}

function typicalTitle(unit: string): string {
  return unit === '' ? t('typical item’s error') : t('typical item’s error, {0}', unit);
}

function line(
  title: string,
  metric: Comparison['metric'],
  difference: Comparison['difference'],
  claim: Claim,
  { byLooks, isEarly, isPrimary }: TableOptions & { readonly isPrimary: boolean },
): HTMLElement {
  const cells = difference
    ? [
        [differenceValue(metric, difference.value)],
        [
          t('{0} … {1}', differenceValue(metric, difference.low), differenceValue(metric, difference.high)),
          isPrimary && isEarly ? el('div', { class: 'interval' }, [t('after stopping')]) : null,
        ],
        [byLooks ? '–' : pText(difference.p)],
      ]
    : [['–'], ['–'], ['–']];
  const said = saidOf(claim, byLooks && !isPrimary);
  return el('tr', {}, [
    el('th', { attributes: { scope: 'row' } }, [title]),
    ...cells.map((content) => el('td', { class: 'number' }, content)),
    el('td', { class: `claim ${claim}` }, [difference ? said : t('too few items')]),
  ]);
}

/** Tests beside the p of the mean, folded up: facts, from which nothing is claimed. */
class ChecksFold {
  readonly element = el('details', { class: 'checks' });
  readonly #table = el('div');

  constructor() {
    this.element.append(el('summary', {}, [t('Other tests of the error, from which nothing is claimed')]), this.#table);
    show(this.element, false);
  }

  update(checks: RunChecks | null): void {
    const means = checks?.means ?? null;
    show(this.element, means !== null);
    if (means === null) return;
    const row = (title: string, p: number, about: string): HTMLElement =>
      el('tr', {}, [
        el('th', { attributes: { scope: 'row' } }, [title]),
        el('td', { class: 'number' }, [pText(p)]),
        el('td', {}, [about]),
      ]);
    setChildren(this.#table, [
      el('table', { attributes: { 'aria-label': t('Other tests of the error, from which nothing is claimed') } }, [
        el('thead', {}, [
          el('tr', {}, [
            el('th', { attributes: { scope: 'col' } }, [t('test')]),
            el('th', { class: 'number', attributes: { scope: 'col' } }, [t('p')]),
            el('th', { attributes: { scope: 'col' } }, [t('about')]),
          ]),
        ]),
        el('tbody', {}, [
          row(t('sign-flip'), means.signFlip, t('checks the p of the mean error: whether there is any difference')),
          row(
            t('Wilcoxon’s signed ranks'),
            means.wilcoxon,
            t('whether the differences lie to one side, by their ranks; a few extreme items cannot move it'),
          ),
        ]),
      ]),
    ]);
  }
}
