import { t } from '../../src/core/base/messages.ts';
import type { JobPanelState } from '../../src/protocol/jobPanel.ts';
import { el, show } from '../dom.ts';
import { visibleLine } from '../visibleText.ts';

type Settings = NonNullable<JobPanelState['settings']>;

/** Settings of the open-weights trainer, folded: what was asked for, and what was used. */
export class TrainerSettings {
  readonly element: HTMLElement;
  readonly #place = el('div', { class: 'settings-place' });
  #drawn = '';

  constructor() {
    this.element = el('details', { class: 'settings' }, [el('summary', {}, [t('Advanced settings')]), this.#place]);
    show(this.element, false);
  }

  set(settings: Settings): void {
    // Drawn when something changed only: a selection of text survives the steps of a running job.
    const signature = JSON.stringify(settings);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    show(this.element, settings.length > 0);
    this.#place.replaceChildren(tableOf(settings));
  }
}

function tableOf(settings: Settings): HTMLElement {
  const isKnown = settings.some(({ asked }) => asked !== null);
  const heads = [t('Setting'), ...(isKnown ? [t('Asked for')] : []), t('Used')];
  return el('table', { class: 'compared', attributes: { 'aria-label': t('Advanced settings') } }, [
    el('thead', {}, [
      el(
        'tr',
        {},
        heads.map((head) => el('th', { attributes: { scope: 'col' } }, [head])),
      ),
    ]),
    el(
      'tbody',
      {},
      settings.map(({ title, value, asked }) =>
        el('tr', {}, [
          el('th', { attributes: { scope: 'row' } }, [title]),
          ...(isKnown ? [el('td', {}, [visibleLine(asked ?? '')])] : []),
          el('td', {}, [visibleLine(value)]),
        ]),
      ),
    ),
  ]);
}
