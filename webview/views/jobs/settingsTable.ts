import { t, tn } from '../../../src/core/base/messages.ts';
import { columnsOf, settingsAmong } from '../../../src/core/training/compare/columns.ts';
import { columnTitle } from '../../../src/core/training/compare/columnWords.ts';
import { compareSettings, type ComparedSetting } from '../../../src/core/training/compare/differ.ts';
import { rowKey, type JobRow } from '../../../src/core/training/compare/jobRow.ts';
import type { DataChange } from '../../../src/protocol/comparePanel.ts';
import { linkButton } from '../../components.ts';
import { el, setText, show, type Child } from '../../dom.ts';
import { visibleLine } from '../../visibleText.ts';
import { cellText } from './jobCells.ts';
import { nameOf } from './jobsTable.ts';

/** Settings of several jobs beside each other: those that differ first, those that all share folded. */
export class SettingsTable {
  readonly element: HTMLElement;
  readonly #onOpen: (row: JobRow) => void;
  readonly #note = el('p', { class: 'dim' });
  readonly #different = el('div', { class: 'settings-place', attributes: { tabindex: 0, role: 'region' } });
  readonly #same = el('div', { class: 'settings-place' });
  readonly #summary = el('summary');
  readonly #folded: HTMLDetailsElement;
  #drawn = '';

  constructor(onOpen: (row: JobRow) => void) {
    this.#onOpen = onOpen;
    this.#different.setAttribute('aria-label', t('Settings that differ'));
    this.#folded = el('details', {}, [this.#summary, this.#same]);
    this.element = el('section', { class: 'settings', attributes: { 'aria-label': t('Settings') } }, [
      el('h2', {}, [t('Settings that differ')]),
      this.#different,
      this.#note,
      this.#folded,
    ]);
  }

  update(rows: readonly JobRow[], changes: readonly DataChange[]): void {
    const { different, same } = compareSettings(rows, settingsAmong(columnsOf(rows)));
    // Drawn when something changed only: a selection of text survives the steps of a running job.
    const signature = JSON.stringify([rows.map((row) => [rowKey(row), nameOf(row)]), different, same, changes]);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    this.#different.replaceChildren(this.#table(rows, different, changes));
    setText(this.#note, t('All settings are the same.'));
    show(this.#note, different.length === 0);
    setText(this.#summary, tn(same.length, '{0} setting that all share', '{0} settings that all share'));
    show(this.#folded, same.length > 0);
    this.#same.replaceChildren(sharedTable(same));
  }

  #table(rows: readonly JobRow[], settings: readonly ComparedSetting[], changes: readonly DataChange[]): HTMLElement {
    const body = settings.flatMap((setting) => [
      line(
        columnTitle(setting.column),
        setting.values.map((value, index) => visibleLine(cellText(setting.column, value, setting.automatic[index]))),
      ),
      ...(setting.column === 'hash' ? [changesLine(rows, changes)] : []),
    ]);
    return el('table', { class: 'compared', attributes: { 'aria-label': t('Settings that differ') } }, [
      el('thead', {}, [
        el('tr', {}, [
          el('th', { attributes: { scope: 'col' } }, [t('Setting')]),
          ...rows.map((row) =>
            el('th', { attributes: { scope: 'col' } }, [
              linkButton(visibleLine(nameOf(row)), () => {
                this.#onOpen(row);
              }),
            ]),
          ),
        ]),
      ]),
      el(
        'tbody',
        {},
        body.filter((part) => part !== null),
      ),
    ]);
  }
}

function line(title: string, cells: readonly Child[]): HTMLElement {
  return el('tr', {}, [
    el('th', { attributes: { scope: 'row' } }, [title]),
    ...cells.map((cell) => el('td', {}, [cell])),
  ]);
}

/** Rows of the data beside those of the first job; null where no job's data could be compared. */
function changesLine(rows: readonly JobRow[], changes: readonly DataChange[]): HTMLElement | null {
  if (changes.every((change) => change.rows === null)) return null;
  const [first, ...others] = rows;
  if (!first) return null;
  const name = nameOf(first);
  return line(t('Rows of the dataset'), [
    t('compared with'),
    ...others.map((row) => {
      const change = changes.find(({ job }) => job === rowKey(row));
      if (!change) return t('the same as {0}', name);
      if (!change.rows) return t('no copy here to compare');
      const { added, removed, kept } = change.rows;
      return [
        tn(added, '{0} row added', '{0} rows added'),
        tn(removed, '{0} removed', '{0} removed'),
        tn(kept, '{0} the same', '{0} the same'),
      ].join(' · ');
    }),
  ]);
}

function sharedTable(settings: readonly ComparedSetting[]): HTMLElement {
  return el('table', { class: 'compared', attributes: { 'aria-label': t('Settings that all share') } }, [
    el(
      'tbody',
      {},
      settings.map(({ column, values, automatic }) =>
        line(columnTitle(column), [visibleLine(cellText(column, values[0] ?? null, automatic.every(Boolean)))]),
      ),
    ),
  ]);
}
