import { t, tn } from '../../src/core/base/messages.ts';
import { allPassed } from '../../src/core/evaluation/comparison/thresholds.ts';
import { el, setChildren, setText, show } from '../dom.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { heading } from './parts.ts';
import type { RunJudgment } from './runJudgment.ts';

/** The thresholds of the evaluation file, each with its value and whether it is met, as the command line says them. */
export class ThresholdsSection {
  readonly element: HTMLElement;
  readonly #heading = heading('h2', t('Thresholds'));
  readonly #list = el('ul');
  readonly #caption = el('p', { class: 'dim caption' });

  constructor() {
    this.element = el('section', { class: 'thresholds', attributes: { 'aria-label': t('Thresholds') } }, [
      this.#heading.element,
      this.#list,
      this.#caption,
    ]);
  }

  update(model: EvaluationModel, judgment: RunJudgment | null): void {
    const { thresholds = [] } = judgment ?? {};
    show(this.element, thresholds.length > 0);
    if (judgment === null || thresholds.length === 0) return;
    setText(this.#heading.note, outcomeText(model, judgment));
    this.element.classList.toggle('open', !isOver(model));
    const { judged, common } = judgment;
    // The table below is about the items that all have answered.
    show(this.#caption, judged !== common);
    setText(
      this.#caption,
      tn(
        judged,
        'Thresholds are about the {0} item that {1} has answered.',
        'Thresholds are about all {0} items that {1} has answered.',
        labelOfFirst(model),
      ),
    );
    setChildren(
      this.#list,
      thresholds.map(({ passed, sentence }) =>
        el('li', { class: passed ? 'passed' : 'missed' }, [
          el('span', { class: 'outcome' }, [
            el('span', { attributes: { 'aria-hidden': 'true' } }, [passed ? '✓ ' : '✗ ']),
            passed ? t('passed') : t('not passed'),
          ]),
          ' ',
          el('span', {}, [sentence]),
        ]),
      ),
    );
  }
}

/** Outcome of all thresholds; that of a run that lacks rows is not final. */
export function outcomeText(model: EvaluationModel, { thresholds }: Pick<RunJudgment, 'thresholds'>): string {
  const label = labelOfFirst(model);
  if (!isOver(model)) return t('of {0}, so far; they are judged when the run is complete', label);
  return allPassed(thresholds) === true ? t('{0} passes', label) : t('{0} does not pass', label);
}

function labelOfFirst({ state }: EvaluationModel): string {
  return visibleLine(state.run.contestants[0]?.label ?? '');
}

function isOver({ state }: EvaluationModel): boolean {
  return state.status === 'finished' || state.status === 'stopped-early';
}
