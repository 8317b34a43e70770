import { t, tn } from '../../src/core/base/messages.ts';
import { textOf } from '../../src/core/dataset/example.ts';
import { percent } from '../../src/core/base/numbers.ts';
import { isFloor } from '../../src/core/evaluation/comparison/floors.ts';
import type { Contestant, RowResult } from '../../src/core/evaluation/types.ts';
import type { NearExample } from '../../src/protocol/datasetWorker.ts';
import type { EvaluationPanelItem } from '../../src/protocol/evaluationPanel.ts';
import type { ToPanel } from '../../src/protocol/panelMessages.ts';
import { button, linkButton } from '../components.ts';
import { el, setChildren, show, type Child } from '../dom.ts';
import { figure } from '../format.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { message } from './parts.ts';
import { colourWord, guessText, truthText } from './rowCells.ts';
import type { Pair } from './runJudgment.ts';
import { differenceFrom } from './textDiff.ts';

type RowAnswer = Extract<ToPanel, { type: 'row' }>;

interface Listeners {
  readonly openLine: (item: number) => void;
  readonly openTrainingLine: (line: number) => void;
  readonly askAgain: (item: number, contestant: string) => void;
  readonly openInTry: (item: number, contestant: string) => void;
  readonly close: () => void;
}

/** One row beside the table: truth and answers side by side, the prompt, and the training examples that are nearest to it. */
export class RowDetail {
  readonly element = el('section', { class: 'detail', attributes: { 'aria-label': t('Row'), tabindex: -1 } });
  readonly #listeners: Listeners;
  #item: EvaluationPanelItem | null = null;
  #answer: RowAnswer | null = null;
  #neighbors: { readonly list: readonly NearExample[]; readonly problem: string | null } | null = null;
  readonly #again = new Map<string, RowResult>();
  readonly #asking = new Set<string>();
  #drawn: readonly unknown[] = [];

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    show(this.element, false);
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      listeners.close();
    });
  }

  get item(): number | null {
    return this.#item?.index ?? null;
  }

  /** Opens a row: shows its title and answers at once, the rest when it arrives. */
  open(item: EvaluationPanelItem, model: EvaluationModel, pair: Pair): void {
    this.#item = item;
    this.#answer = null;
    this.#neighbors = null;
    this.#again.clear();
    this.#asking.clear();
    this.render(model, pair);
  }

  close(): void {
    this.#item = null;
    this.#drawn = [];
    show(this.element, false);
  }

  receive(
    answer: Extract<ToPanel, { type: 'row' | 'neighbors' | 'askedAgain' }>,
    model: EvaluationModel,
    pair: Pair,
  ): void {
    const item = answer.type === 'askedAgain' ? answer.row.item : answer.item;
    if (item !== this.#item?.index) return;
    if (answer.type === 'row') this.#answer = answer;
    else if (answer.type === 'neighbors') this.#neighbors = { list: answer.neighbors, problem: answer.problem };
    else {
      this.#again.set(answer.row.contestant, answer.row);
      this.#asking.delete(answer.row.contestant);
    }
    this.render(model, pair);
  }

  render(model: EvaluationModel, pair: Pair): void {
    const item = this.#item;
    show(this.element, item !== null);
    if (!item) return;
    // Rows of other items stream in meanwhile: a text being selected here stays selected.
    const parts = [
      item,
      this.#answer,
      this.#neighbors,
      pair.a,
      pair.b,
      model.state.hasTraining,
      ...this.#again.values(),
      ...this.#asking,
      ...model.contestants.map(({ id }) => model.row(id, item.index)),
    ];
    if (parts.length === this.#drawn.length && parts.every((part, index) => part === this.#drawn[index])) return;
    this.#drawn = parts;
    const focused = this.element.contains(document.activeElement);
    setChildren(this.element, [
      el('div', { class: 'detail-head' }, [
        el('h2', {}, [visibleLine(item.title)]),
        linkButton(t('Go to line {0}', item.line), () => {
          this.#listeners.openLine(item.index);
        }),
        linkButton(t('Close'), () => {
          this.#listeners.close();
        }),
      ]),
      ...this.#content(item, model, pair),
    ]);
    if (focused && !this.element.contains(document.activeElement)) this.element.focus({ preventScroll: true });
  }

  #content(item: EvaluationPanelItem, model: EvaluationModel, pair: Pair): Child[] {
    const answer = this.#answer;
    const any = model.contestants.map(({ id }) => model.row(id, item.index)).find((row) => row !== undefined);
    const chosen = [pair.a, ...(pair.b === null ? [] : [pair.b])];
    const first = chosen.flatMap((id) => model.contestant(id) ?? []);
    const rest = model.contestants.filter(({ id }) => !chosen.includes(id));
    const others = rest.filter((one) => !isFloor(one));
    const floors = rest.filter(isFloor);
    return [
      el('div', { class: 'truth-line' }, [
        el('span', { class: 'dim' }, [t('truth')]),
        ' ',
        answer ? el('code', {}, [answer.truth]) : any ? truthText(any) : '',
      ]),
      el(
        'div',
        { class: 'answers' },
        first.map((contestant, index) => this.#answerOf(contestant, model, item, first[1 - index])),
      ),
      others.length === 0
        ? null
        : el('details', { class: 'others' }, [
            el('summary', {}, [t('Other contestants')]),
            el(
              'div',
              { class: 'answers' },
              others.map((contestant) => this.#answerOf(contestant, model, item, undefined)),
            ),
          ]),
      floorsTable(floors, model, item),
      el('h3', {}, [t('Prompt')]),
      ...(answer
        ? answer.messages.map((sent) => message(sent.role, textOf(sent)))
        : [el('p', { class: 'placeholder' }, [t('Reading the row…')])]),
      ...this.#nearest(model),
    ];
  }

  #answerOf(
    contestant: Contestant,
    model: EvaluationModel,
    item: EvaluationPanelItem,
    other: Contestant | undefined,
  ): HTMLElement {
    const { id } = contestant;
    const { grader } = model.state.run;
    const row = model.row(id, item.index);
    const isGuest = !model.state.run.contestants.some((one) => one.id === id);
    const canAsk = contestant.model !== undefined && row?.status !== 'ungradable' && !isGuest;
    const again = this.#again.get(id);
    const askAgain = button(this.#asking.has(id) ? t('Asking…') : t('Ask Again'), 'secondary', () => {
      this.#asking.add(id);
      this.#listeners.askAgain(item.index, id);
      this.render(model, { a: id, b: null });
    });
    askAgain.setEnabled(!this.#asking.has(id));
    return el('div', { class: 'answer' }, [
      el('h3', {}, [visibleLine(contestant.label)]),
      el('div', { class: 'facts-line' }, [
        row ? colourWord(row, grader) : el('span', { class: 'dim' }, [t('not answered yet')]),
        row && grader === 'number' && row.error !== null
          ? el('span', { class: 'dim numeric' }, [t('guess {0}, error {1}', guessText(row), figure(row.error))])
          : null,
        row?.finishReason === 'length' ? el('span', { class: 'dim' }, [t('cut off')]) : null,
        row?.cached === true ? el('span', { class: 'dim' }, [t('answered from an identical request')]) : null,
      ]),
      row ? this.#reply(row, other ? model.row(other.id, item.index) : undefined) : null,
      row?.samples === undefined ? null : samplesOf(row.samples),
      again
        ? el('div', {}, [
            el('h3', {}, [t('Asked again; not counted')]),
            el('div', { class: 'facts-line' }, [
              colourWord(again, grader),
              again.error === null ? null : el('span', { class: 'dim numeric' }, [t('error {0}', figure(again.error))]),
            ]),
            this.#reply(again, row),
          ])
        : null,
      canAsk
        ? el('div', { class: 'toolbar' }, [
            askAgain.element,
            button(t('Open in Try'), 'secondary', () => {
              this.#listeners.openInTry(item.index, id);
            }).element,
          ])
        : null,
    ]);
  }

  /** The reply as it came, the words in which it differs from the other one marked. */
  #reply(row: RowResult, other: RowResult | undefined): HTMLElement {
    if (row.status === 'error') return el('p', { class: 'failure' }, [row.message ?? t('failed')]);
    const text = row.sample ?? '';
    if (text === '') return el('pre', { class: 'text boxed dim' }, [t('(empty)')]);
    const parts =
      typeof other?.sample === 'string' ? differenceFrom(text, other.sample) : [{ text, isOwn: false as boolean }];
    return el(
      'pre',
      { class: 'text boxed' },
      parts.map((part) => (part.isOwn ? el('mark', {}, [part.text]) : part.text)),
    );
  }

  /** Did the model ever see this? */
  #nearest(model: EvaluationModel): Child[] {
    if (!model.state.hasTraining) return [];
    const found = this.#neighbors;
    const head = el('h3', {}, [t('Nearest training examples')]);
    if (!found) return [head, el('p', { class: 'placeholder' }, [t('Looking through the training file…')])];
    if (found.problem !== null) return [head, el('p', { class: 'dim' }, [found.problem])];
    if (found.list.length === 0)
      return [head, el('p', { class: 'dim' }, [t('No training example shares a word with this row.')])];
    return [
      head,
      el('table', { attributes: { 'aria-label': t('Nearest training examples') } }, [
        el('thead', {}, [
          el(
            'tr',
            {},
            [t('alike'), t('example'), t('answer'), t('line')].map((title, index) =>
              el('th', { class: index === 0 || index === 3 ? 'number' : '', attributes: { scope: 'col' } }, [title]),
            ),
          ),
        ]),
        el(
          'tbody',
          {},
          found.list.map(({ line, question, answer, similarity }) =>
            el('tr', {}, [
              el('td', { class: 'number' }, [percent(similarity)]),
              el('td', { class: 'clamp wide', attributes: { title: visibleLine(question) } }, [visibleLine(question)]),
              el('td', { class: 'clamp' }, [visibleLine(answer)]),
              el('td', { class: 'number' }, [
                linkButton(String(line), () => {
                  this.#listeners.openTrainingLine(line);
                }),
              ]),
            ]),
          ),
        ),
      ]),
    ];
  }
}

/** What the free floors answer to the item, apart from the models. */
function floorsTable(floors: readonly Contestant[], model: EvaluationModel, item: EvaluationPanelItem): Child {
  const answered = floors.flatMap((floor) => {
    const row = model.row(floor.id, item.index);
    return row === undefined ? [] : [{ floor, row }];
  });
  if (answered.length === 0) return null;
  const { grader } = model.state.run;
  const numeric = grader === 'number';
  return el('div', { class: 'floors' }, [
    el('h3', {}, [t('Floors, which cost nothing')]),
    el('table', { attributes: { 'aria-label': t('Floors, which cost nothing') } }, [
      el('thead', {}, [
        el('tr', {}, [
          el('th', { attributes: { scope: 'col' } }, [t('floor')]),
          el('th', { class: numeric ? 'number' : '', attributes: { scope: 'col' } }, [t('answer')]),
          numeric ? el('th', { class: 'number', attributes: { scope: 'col' } }, [t('error')]) : null,
          el('th', { attributes: { scope: 'col' } }, [t('result')]),
        ]),
      ]),
      el(
        'tbody',
        {},
        answered.map(({ floor, row }) =>
          el('tr', {}, [
            el('th', { attributes: { scope: 'row' } }, [visibleLine(floor.label)]),
            el('td', { class: numeric ? 'number' : 'clamp wide' }, [guessText(row)]),
            numeric ? el('td', { class: 'number' }, [figure(row.error)]) : null,
            el('td', {}, [colourWord(row, grader)]),
          ]),
        ),
      ),
    ]),
  ]);
}

/** All replies of a row that was asked several times, folded up. */
function samplesOf(samples: NonNullable<RowResult['samples']>): HTMLElement {
  return el('details', {}, [
    el('summary', {}, [tn(samples.length, '{0} reply', '{0} replies')]),
    ...samples.map(({ sample }) => el('pre', { class: 'text boxed' }, [sample === '' ? t('(empty)') : sample])),
  ]);
}
