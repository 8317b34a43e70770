import { t } from '../../src/core/base/messages.ts';
import type { RowResult } from '../../src/core/evaluation/types.ts';
import { textOf } from '../../src/core/dataset/example.ts';
import type { EvaluationPanelItem } from '../../src/protocol/evaluationPanel.ts';
import type { ToPanel } from '../../src/protocol/panelMessages.ts';
import { linkButton } from '../components.ts';
import { el, setChildren, show } from '../dom.ts';
import { figure } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { colourCell, guessText } from './rowCells.ts';
import { message } from './parts.ts';

type RowAnswer = Extract<ToPanel, { type: 'row' }>;

/** The conversation sent for one row, the answer of each contestant, and the row's line in its file. */
export class RowDetail {
  readonly element = el('section', { class: 'detail', attributes: { 'aria-label': t('Row'), tabindex: -1 } });
  readonly #openLine: (item: number) => void;
  #item: EvaluationPanelItem | null = null;
  #answer: RowAnswer | null = null;
  #drawn: readonly unknown[] = [];

  constructor(openLine: (item: number) => void) {
    this.#openLine = openLine;
    show(this.element, false);
  }

  /** Opens a row: shows its title at once, the rest when it arrives. */
  open(item: EvaluationPanelItem, model: EvaluationModel): void {
    this.#item = item;
    this.#answer = null;
    this.render(model);
  }

  receive(answer: RowAnswer, model: EvaluationModel): void {
    if (answer.item !== this.#item?.index) return;
    this.#answer = answer;
    this.render(model);
  }

  render(model: EvaluationModel): void {
    const item = this.#item;
    show(this.element, item !== null);
    if (!item) return;
    const answer = this.#answer;
    // Rows of other items stream in meanwhile: a text being selected here stays selected.
    const parts = [item, answer, ...model.state.run.contestants.map(({ id }) => model.row(id, item.index))];
    if (parts.length === this.#drawn.length && parts.every((part, index) => part === this.#drawn[index])) return;
    this.#drawn = parts;
    setChildren(this.element, [
      el('h2', {}, [
        visibleLine(item.title),
        ' ',
        linkButton(t('Go to line {0}', item.line), () => {
          this.#openLine(item.index);
        }),
      ]),
      answer ? this.#content(answer, item, model) : el('p', { class: 'placeholder' }, [t('Reading the row…')]),
    ]);
  }

  #content(answer: RowAnswer, item: EvaluationPanelItem, model: EvaluationModel): HTMLElement {
    const { contestants, grader } = model.state.run;
    const rows = contestants.map((contestant) => {
      const row: RowResult | undefined = model.row(contestant.id, item.index);
      const sample = answer.samples.find((entry) => entry.contestant === contestant.id);
      return el('tr', {}, [
        el('th', { attributes: { scope: 'row' } }, [contestant.label]),
        el('td', {}, [row ? colourCell(row, grader) : el('span', { class: 'dim' }, [t('not answered yet')])]),
        el('td', { class: 'reply' }, [
          typeof sample?.message === 'string'
            ? el('span', {}, [sample.message])
            : el('pre', { class: 'text' }, [sample?.sample ?? row?.sample ?? '']),
        ]),
        el('td', { class: 'number' }, [row ? guessText(row) : '']),
        ...(grader === 'number' ? [el('td', { class: 'number' }, [row ? figure(row.error) : ''])] : []),
      ]);
    });
    const heads = [
      t('contestant'),
      t('result'),
      t('reply'),
      ...(grader === 'number' ? [t('guess'), t('error')] : [t('taken as')]),
    ];
    return el('div', { class: 'detail-columns' }, [
      el('div', {}, [el('h3', {}, [t('Sent')]), ...answer.messages.map((sent) => message(sent.role, textOf(sent)))]),
      el('div', {}, [
        el('h3', {}, [t('Truth')]),
        el('pre', { class: 'text boxed' }, [answer.truth]),
        el('h3', {}, [t('Answers')]),
        el('table', { class: 'answers', attributes: { 'aria-label': t('Answers to this row') } }, [
          el('thead', {}, [
            el(
              'tr',
              {},
              heads.map((text, index) =>
                el('th', { class: index > 2 ? 'number' : '', attributes: { scope: 'col' } }, [text]),
              ),
            ),
          ]),
          el('tbody', {}, rows),
        ]),
      ]),
    ]);
  }
}
