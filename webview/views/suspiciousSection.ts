import { t } from '../../src/core/base/messages.ts';
import { decimals } from '../../src/core/base/numbers.ts';
import type { SuspiciousRowView, SuspiciousView } from '../../src/core/dataset/suspicious/view.ts';
import { button, linkButton } from '../components.ts';
import { el, setChildren, setText, type Child } from '../dom.ts';
import { visibleLine } from '../visibleText.ts';
import { figureLink, table, titled, type Post } from './reportParts.ts';

/** Answers that look wrong: offered, then their progress, then a table that leads to their lines. */
export class SuspiciousSection {
  readonly element = el('section', { attributes: { 'aria-label': t('Suspicious answers') } });
  readonly #post: Post;
  readonly #bar = el('progress', { attributes: { max: 1, 'aria-label': t('Judging answers') } });
  readonly #share = el('span', { class: 'dim numeric' });
  readonly #find: HTMLElement;
  #drawn = '';

  constructor(post: Post) {
    this.#post = post;
    this.#find = button(t('Find Suspicious Answers'), 'secondary', () => {
      post({ type: 'findSuspicious' });
    }).element;
  }

  update(view: SuspiciousView): void {
    if (view.state === 'running') this.progress(view.share);
    // What has the focus keeps it while nothing is another.
    const signature = view.state === 'running' ? view.state : JSON.stringify(view);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    setChildren(this.element, this.#content(view));
  }

  /** `share`: 0…1 of the run. */
  progress(share: number): void {
    this.#bar.value = share;
    setText(this.#share, t('training, {0}%', Math.floor(share * 100)));
  }

  #content(view: SuspiciousView): readonly Child[] {
    const title = t('Suspicious answers');
    switch (view.state) {
      case 'unasked':
        return [
          titled(title),
          view.note === null ? null : el('p', { attributes: { role: 'status' } }, [view.note]),
          el('p', { class: 'dim' }, [view.text]),
          el('div', { class: 'links' }, [this.#find]),
        ];
      case 'running':
        return [
          titled(title),
          el('p', { class: 'dim' }, [t('Models are trained on parts of the file and asked about the other rows.')]),
          el('div', { class: 'progress' }, [
            this.#bar,
            this.#share,
            linkButton(t('Cancel'), () => {
              this.#post({ type: 'cancelSuspicious' });
            }),
          ]),
        ];
      case 'unjudged':
        return [titled(title), el('p', { attributes: { role: 'status' } }, [view.text]), this.#again()];
      case 'found':
        return [
          titled(
            title,
            linkButton(t('Export Suspicious Answers…'), () => {
              this.#post({ type: 'exportSuspicious' });
            }),
          ),
          el('p', { class: 'dim', attributes: { role: 'status' } }, [view.text]),
          view.rows.length === 0 ? null : this.#table(view.rows),
          this.#again(),
        ];
    }
  }

  #again(): HTMLElement {
    return el('div', { class: 'links' }, [
      linkButton(t('Find Suspicious Answers Again'), () => {
        this.#post({ type: 'findSuspicious' });
      }),
    ]);
  }

  #table(rows: readonly SuspiciousRowView[]): HTMLElement {
    const element = table(
      t('Suspicious answers'),
      [
        { title: t('line') },
        { title: t('question') },
        { title: t('answer') },
        { title: t('expected'), hint: t('Answer that models expect which have not seen the row') },
        { title: t('score'), number: true, hint: t('0 to 1; the most suspicious answers have 1') },
        { title: t('similar rows that say otherwise') },
      ],
      rows.map(({ figure, question, answer, expected, score, called, reason, similar }) => [
        this.#line(figure),
        wide(text(question)),
        el('span', { class: 'suspicion' }, [called ? calledMark() : null, text(answer)]),
        text(expected),
        el('span', { attributes: { title: reason } }, [decimals(score, 3)]),
        similar.length === 0
          ? '–'
          : el(
              'ul',
              { class: 'similar' },
              similar.map((other) => el('li', {}, [this.#line(other.figure), ' ', text(other.answer)])),
            ),
      ]),
    );
    element.classList.add('suspicious-table');
    return element;
  }

  #line(figure: SuspiciousRowView['figure']): Child {
    return figureLink(this.#post, figure, String(figure.line ?? ''));
  }
}

function calledMark(): HTMLElement {
  const label = t('called suspicious');
  return el('span', { class: 'mark orange', attributes: { role: 'img', 'aria-label': label, title: label } });
}

function wide(element: HTMLElement): HTMLElement {
  element.classList.add('wide');
  return element;
}

function text(value: string): HTMLElement {
  return el('span', { class: 'one-line', attributes: { title: visibleLine(value) } }, [visibleLine(value)]);
}
