import { t } from '../../src/core/base/messages.ts';
import { modelPointsSentence } from '../../src/core/dataset/dataCurve/sentences.ts';
import type { MoreDataState, PointsProgress } from '../../src/protocol/moreDataState.ts';
import { markText } from '../charts/modelMarks.ts';
import { linkButton } from '../components.ts';
import { el, setChildren, setText, show } from '../dom.ts';
import { visibleLine } from '../visibleText.ts';
import type { Post } from './reportParts.ts';

/** Points of open-weights models: the link that adds some, how far that is, and what the points in the chart are. */
export class ModelPointsPart {
  readonly element: HTMLElement;
  /** Names of the models with their marks. */
  readonly legend = el('div', { class: 'model-points' });
  readonly #add: HTMLButtonElement;
  readonly #bar = el('progress', { attributes: { max: 1, 'aria-label': t('Measuring points of a model') } });
  readonly #progressText = el('span', { class: 'dim numeric' });
  readonly #progress: HTMLElement;
  readonly #problem = el('p', { class: 'field-problem', attributes: { role: 'alert' } });
  #drawn = '';

  constructor(post: Post) {
    this.#add = linkButton(t('Add Points of an Open-Weights Model…'), () => {
      post({ type: 'addModelPoints' });
    });
    this.#progress = el('div', { class: 'progress' }, [
      this.#bar,
      this.#progressText,
      linkButton(t('Cancel'), () => {
        post({ type: 'stopModelPoints' });
      }),
    ]);
    this.element = el('div', {}, [el('p', { class: 'add-points' }, [this.#add]), this.#problem, this.#progress]);
  }

  setProgress({ text, fraction }: PointsProgress): void {
    this.#bar.value = fraction;
    setText(this.#progressText, text);
  }

  update({ moreData, points: { status, progress, problem, models } }: MoreDataState): void {
    const isMeasuring = status === 'measuring';
    show(this.element, moreData !== null && moreData.curve !== null);
    show(this.#add, !isMeasuring);
    show(this.#progress, isMeasuring);
    this.setProgress(progress);
    show(this.#problem, status === 'failed' || status === 'canceled');
    setText(
      this.#problem,
      status === 'canceled'
        ? t('Measuring the points was canceled.')
        : problem
          ? `${problem.message} ${problem.action}`
          : '',
    );
    const signature = JSON.stringify(models);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    setChildren(
      this.legend,
      models.map((model, index) => {
        const { text, className } = markText(index);
        return el('p', { class: 'caption' }, [
          el('span', { class: className, attributes: { 'aria-hidden': 'true' } }, [text]),
          ' ',
          modelPointsSentence({ ...model, model: visibleLine(model.model) }),
        ]);
      }),
    );
  }
}
