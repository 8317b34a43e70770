import { dayText, listOf, t, tn } from '../../src/core/base/messages.ts';
import { count } from '../../src/core/base/numbers.ts';
import { isFloor } from '../../src/core/evaluation/comparison/floors.ts';
import { metricsOf } from '../../src/core/evaluation/comparison/metrics.ts';
import { LESS_IS_BETTER, type ContestantSummary, type Metric } from '../../src/core/evaluation/comparison/types.ts';
import type { Contestant } from '../../src/core/evaluation/types.ts';
import { el, setChildren, type Child } from '../dom.ts';
import { figure, NONE, unitOf } from '../format.ts';
import { markSort, sortButton, type SortOrder } from '../virtualTable.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { lessonTable } from './lessonTable.ts';
import { intervalText, metricHint, metricTitle, metricValue } from './metricWords.ts';
import { movedMetric, type RunChecks } from './runChecks.ts';
import { judgedGrader, type RunJudgment } from './runJudgment.ts';

/** A column of what is counted or measured besides the metrics; it is there only where some contestant has it. */
interface Extra {
  readonly key: string;
  readonly title: string;
  readonly hint: string;
  /** Null: the contestant has none. */
  readonly value: (contestant: string) => number | null;
  readonly write: (value: number) => string;
  /** Short form under the name, where the window is too narrow for the column. */
  readonly phrase: (value: number) => string;
}

/** Figures of all contestants, each with its interval; those of the floors apart. Nothing is marked as best: claims are made elsewhere. */
export class ContestantsTable {
  readonly element = el('section', { class: 'contestants', attributes: { 'aria-label': t('Contestants') } });
  #order: SortOrder | null = null;
  #drawn: (() => void) | null = null;

  update(model: EvaluationModel, judgment: RunJudgment | null, checks: RunChecks | null): void {
    this.#drawn = () => {
      this.#draw(model, judgment, checks);
    };
    this.#redraw();
  }

  /** Draws the table anew and keeps the focus on the head that has it: rows come while somebody reads by keyboard. */
  #redraw(): void {
    const focused = this.element.contains(document.activeElement)
      ? document.activeElement?.closest('th')?.dataset['key']
      : undefined;
    this.#drawn?.();
    if (focused !== undefined)
      this.element.querySelector<HTMLElement>(`th[data-key="${focused}"] button.sort`)?.focus();
  }

  #sort(key: string): void {
    // The usual direction first: best first for metrics, most first for counts; then the other, then the order of the run.
    const usual = !LESS_IS_BETTER.has(key as Metric);
    if (this.#order?.key !== key) this.#order = { key, descending: usual };
    else if (this.#order.descending === usual) this.#order = { key, descending: !usual };
    else this.#order = null;
    this.#redraw();
  }

  #draw(model: EvaluationModel, judgment: RunJudgment | null, checks: RunChecks | null): void {
    const { run } = model.state;
    const unit = unitOf(run.answerPrefix);
    const metrics = metricsOf(judgedGrader(model));
    const extras = extrasOf(model).filter(({ value }) =>
      model.contestants.some(({ id, kind }) => kind !== 'constant' && (value(id) ?? 0) > 0),
    );
    const summaryOf = (id: string): ContestantSummary | undefined =>
      judgment?.summaries.find(({ contestant }) => contestant === id);
    const valueOf = (id: string, key: string): number => {
      const metric = summaryOf(id)?.metrics[key as Metric]?.value;
      return metric ?? extras.find((extra) => extra.key === key)?.value(id) ?? NaN;
    };
    const head = (key: string, title: string, hint: string, fold: boolean): HTMLElement => {
      const button = sortButton(title, false, () => {
        this.#sort(key);
      });
      const cell = el('th', { class: fold ? 'number fold' : 'number', attributes: { scope: 'col', title: hint } }, [
        button,
      ]);
      cell.dataset['key'] = key;
      markSort(cell, this.#order?.key === key ? this.#order : null);
      return cell;
    };
    const row = (contestant: Contestant): HTMLElement => {
      const { id } = contestant;
      const folded = extras.flatMap(({ value, phrase }) => {
        const found = value(id);
        return found === null || found === 0 ? [] : [phrase(found)];
      });
      return el('tr', {}, [
        el('th', { class: 'name', attributes: { scope: 'row' } }, [
          el('span', {}, [visibleLine(contestant.label)]),
          ' ',
          el('span', { class: 'dim' }, [describe(contestant)]),
          folded.length === 0 ? null : el('div', { class: 'folded dim' }, [folded.join(' · ')]),
        ]),
        ...metrics.map((metric) => {
          const estimate = summaryOf(id)?.metrics[metric];
          if (!estimate) return el('td', { class: 'number' }, [NONE]);
          return el('td', { class: 'number' }, [
            metricValue(metric, estimate.value),
            el('div', { class: 'interval' }, [intervalText(metric, estimate)]),
          ]);
        }),
        ...extras.map(({ value, write }) => {
          const found = value(id);
          return el('td', { class: 'number fold' }, [found === null ? NONE : write(found)]);
        }),
      ]);
    };
    const ordered = (group: readonly Contestant[]): readonly Contestant[] => {
      const order = this.#order;
      if (order === null) return group;
      const sign = order.descending ? -1 : 1;
      return group.toSorted((a, b) => {
        const [x, y] = [valueOf(a.id, order.key), valueOf(b.id, order.key)];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
        return sign * (x - y);
      });
    };
    const own = run.contestants;
    const groups: readonly { readonly title: string | null; readonly of: readonly Contestant[] }[] = [
      { title: null, of: own.filter((one) => !isFloor(one)) },
      { title: t('Floors, which cost nothing'), of: own.filter(isFloor) },
      { title: t('From the run of {0}', model.guests?.from ?? ''), of: model.guests?.contestants ?? [] },
    ];
    const columns = 1 + metrics.length + extras.length;
    setChildren(this.element, [
      el('div', { class: 'scroll' }, [
        el('table', { attributes: { 'aria-label': t('Contestants') } }, [
          el('thead', {}, [
            el('tr', {}, [
              el('th', { class: 'name', attributes: { scope: 'col' } }, [t('contestant')]),
              ...metrics.map((metric) => head(metric, metricTitle(metric, unit), metricHint(metric), false)),
              ...extras.map(({ key, title, hint }) => head(key, title, hint, true)),
            ]),
          ]),
          ...groups
            .filter(({ of }) => of.length > 0)
            .map(({ title, of }) =>
              el('tbody', {}, [
                title === null
                  ? null
                  : el('tr', { class: 'group' }, [
                      el('th', { attributes: { scope: 'rowgroup', colspan: columns } }, [title]),
                    ]),
                ...ordered(of).map(row),
              ]),
            ),
        ]),
      ]),
      note(model, judgment),
      rerunNote(model, checks),
      lessonTable(model, unit),
    ]);
  }
}

/** Which items the figures are over, where they are not over all. */
function note(model: EvaluationModel, judgment: RunJudgment | null): Child {
  const total = model.state.items.length;
  if (judgment === null || judgment.common === total) return null;
  return el('p', { class: 'dim caption' }, [
    judgment.common === 0
      ? t('No item has an answer of every contestant yet.')
      : tn(
          judgment.common,
          'Figures are over the {0} of {1} items that every contestant has answered.',
          'Figures are over the {0} of {1} items that every contestant has answered.',
          total,
        ),
  ]);
}

/** What another run over the same items would change, where each was asked several times. */
function rerunNote(model: EvaluationModel, checks: RunChecks | null): Child {
  const { samples = 1 } = model.state.run;
  if (checks === null || checks.reruns.size === 0) return null;
  const metric = movedMetric(model);
  const unit = unitOf(model.state.run.answerPrefix);
  const moves = [...checks.reruns].map(([id, { move }]) => {
    const size = metric === 'mae' ? `${unit}${figure(move)}` : t('{0} points', figure(move * 100));
    return t('±{0} ({1})', size, visibleLine(model.labelOf(id)));
  });
  return el('p', { class: 'dim caption rerun' }, [
    [
      tn(
        samples,
        'Another run over the same items with {0} reply for each would move the {1} by at most about {2}.',
        'Another run over the same items with {0} replies for each would move the {1} by at most about {2}.',
        metricTitle(metric, ''),
        listOf(moves),
      ),
      t('With few replies for each item that is too large rather than too small.'),
    ].join(' '),
  ]);
}

function extrasOf(model: EvaluationModel): readonly Extra[] {
  const isLabel = model.state.run.grader === 'label';
  const counted = (id: string, kind: 'no-number' | 'refused' | 'error' | 'ungradable'): number =>
    model.tally(id).classes[kind];
  const perThousand = (id: string): number | null => {
    const { counted: rows, input, output } = model.tally(id);
    return rows === 0 ? null : ((input + output) / rows) * 1000;
  };
  const cost = (id: string): number | null => {
    const price = model.state.prices.find(({ contestant }) => contestant === id);
    const { counted: rows, input, output } = model.tally(id);
    return rows === 0 || !price ? null : ((input * price.input + output * price.output) / 1e6 / rows) * 1000;
  };
  return [
    {
      key: 'no-number',
      title: isLabel ? t('no label') : t('no number'),
      hint: isLabel
        ? t('Replies that are none of the labels, or several; they count as wrong.')
        : t('Replies that hold no number; they are not in the mean.'),
      value: (id) => counted(id, 'no-number'),
      write: count,
      phrase: (rows) => (isLabel ? t('{0} without a label', rows) : t('{0} without a number', rows)),
    },
    {
      key: 'refused',
      title: t('refused'),
      hint: t('Items that the provider refused because of their content.'),
      value: (id) => counted(id, 'refused'),
      write: count,
      phrase: (rows) => t('{0} refused', rows),
    },
    {
      key: 'cut-off',
      title: t('cut off'),
      hint: t('Replies that reached the limit of tokens; they are graded as they are.'),
      value: (id) => model.tally(id).cutOff,
      write: count,
      phrase: (rows) => t('{0} cut off', rows),
    },
    {
      key: 'failed',
      title: t('failed'),
      hint: t('Requests that failed.'),
      value: (id) => counted(id, 'error'),
      write: count,
      phrase: (rows) => t('{0} failed', rows),
    },
    {
      key: 'ungradable',
      title: t('not gradable'),
      hint: t('Items whose expected answer gives nothing to compare with; no model was asked.'),
      value: (id) => counted(id, 'ungradable'),
      write: count,
      phrase: (rows) => t('{0} not gradable', rows),
    },
    {
      key: 'ms',
      title: t('ms'),
      hint: t('Milliseconds that a request took, in the mean.'),
      value: (id) => {
        const { timed, ms } = model.tally(id);
        return timed === 0 ? null : ms / timed;
      },
      write: count,
      phrase: (ms) => t('{0} ms', count(ms)),
    },
    {
      key: 'tokens',
      title: t('tokens / 1,000'),
      hint: t('Tokens of prompts and replies for 1,000 items, as the provider counted them.'),
      value: perThousand,
      write: count,
      phrase: (tokens) => t('{0} tokens for 1,000 items', count(tokens)),
    },
    {
      key: 'cost',
      title: t('$ / 1,000'),
      hint: t('US dollars for 1,000 items, from the counted tokens and the price list.'),
      value: cost,
      write: figure,
      phrase: (usd) => t('${0} for 1,000 items', figure(usd)),
    },
  ];
}

/** The model's name, unless its label says it already, and its own token limit. */
function describe(contestant: Contestant): string {
  if (contestant.kind === 'constant') {
    const { constant, constantSource } = contestant;
    if (constant === undefined) return visibleLine(constantSource ?? '');
    return constantSource === undefined
      ? t('always answers {0}', visibleLine(constant))
      : t('always answers {0}, {1}', visibleLine(constant), visibleLine(constantSource));
  }
  if (contestant.recorded !== undefined) {
    const { model, at } = contestant.recorded;
    return [t('recorded on {0}', dayText(new Date(at))), model === contestant.label ? '' : visibleLine(model)]
      .filter(Boolean)
      .join(' · ');
  }
  // Another fine-tuned model that takes part is not the base of anything.
  const isTuned = contestant.kind === 'fine-tuned' || (contestant.model ?? '').startsWith('ft:');
  return [
    isTuned ? t('fine-tuned') : t('base'),
    contestant.model === undefined || contestant.model === contestant.label ? '' : visibleLine(contestant.model),
    contestant.maxTokens === undefined
      ? ''
      : tn(contestant.maxTokens, 'at most {0} token with its reasoning', 'at most {0} tokens with its reasoning'),
  ]
    .filter(Boolean)
    .join(' · ');
}
