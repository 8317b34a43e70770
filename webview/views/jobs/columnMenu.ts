import { t } from '../../../src/core/base/messages.ts';
import { columnTitle } from '../../../src/core/training/compare/columnWords.ts';
import { button, checkbox, type CheckboxHandle } from '../../components.ts';
import { el } from '../../dom.ts';
import { popover, type PopoverHandle } from '../../popover.ts';

interface Listeners {
  readonly onToggle: (column: string, shown: boolean) => void;
  /** Back to the first choice. */
  readonly onReset: () => void;
}

/** A box for each column that can be shown. */
export class ColumnMenu {
  readonly element: HTMLElement;
  readonly #list = el('div', { class: 'column-list' });
  readonly #popover: PopoverHandle;
  readonly #listeners: Listeners;
  #boxes: ReadonlyMap<string, CheckboxHandle> = new Map();

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    this.#popover = popover(t('Columns'), t('Columns'), [
      this.#list,
      button(t('Reset'), 'secondary', () => {
        listeners.onReset();
      }).element,
    ]);
    this.element = this.#popover.element;
  }

  update(columns: readonly string[], shown: readonly string[]): void {
    if ([...this.#boxes.keys()].join('\n') !== columns.join('\n')) {
      this.#boxes = new Map(
        columns.map((column) => {
          const box: CheckboxHandle = checkbox(columnTitle(column), shown.includes(column), () => {
            this.#listeners.onToggle(column, box.checked());
          });
          return [column, box];
        }),
      );
      this.#list.replaceChildren(...[...this.#boxes.values()].map(({ element }) => element));
    }
    for (const [column, box] of this.#boxes) box.setChecked(shown.includes(column));
  }
}
