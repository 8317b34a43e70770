import { t } from '../../../src/core/base/messages.ts';
import type { LineLook } from '../../charts/curves/palette.ts';
import { linkButton } from '../../components.ts';
import { el, setAttribute, setText } from '../../dom.ts';
import { visibleLine } from '../../visibleText.ts';
import { lineMark } from './lineMark.ts';

/** A line in the legend. */
export interface LegendLine {
  readonly id: string;
  readonly runId: string;
  readonly runName: string;
  readonly metric: string;
  readonly label: string;
  readonly look: LineLook;
  /** Last value that the line shows; null: the line has no point. */
  readonly value: string | null;
  /** Difference to the baseline, or empty. */
  readonly difference: string;
  readonly isShown: boolean;
}

interface Listeners {
  readonly onToggle: (lines: readonly LegendLine[], shown: boolean) => void;
  readonly onBaseline: (runId: string | null) => void;
}

/** Names of the lines with their last values; pressing one switches it off and on. Of several jobs it is a table: a job a row. */
export class Legend {
  readonly element = el('div', { class: 'legend curves' });
  readonly #listeners: Listeners;
  #signature = '';
  #cells = new Map<
    string,
    { readonly button: HTMLButtonElement; readonly value: HTMLElement; readonly difference: HTMLElement }
  >();
  #lines: readonly LegendLine[] = [];
  #baseline: string | null = null;
  #pins = new Map<string, { readonly button: HTMLButtonElement; readonly name: string }>();
  #runs = new Map<string, HTMLButtonElement>();

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
  }

  /** `family`: title of the chart. */
  set(lines: readonly LegendLine[], baseline: string | null, family: string): void {
    this.#lines = lines;
    this.#baseline = baseline;
    // Elements stay while values change, and with them the focus.
    const signature = JSON.stringify([
      family,
      lines.map(({ id, label, look, runName, value }) => [id, label, look, runName, value === null]),
    ]);
    if (signature !== this.#signature) {
      this.#signature = signature;
      this.#build(family);
    }
    for (const line of lines) {
      const cell = this.#cells.get(line.id);
      if (!cell) continue;
      setText(cell.value, line.value ?? '');
      setText(cell.difference, line.difference);
      setAttribute(cell.button, 'aria-pressed', line.isShown ? 'true' : 'false');
    }
    for (const [runId, { button, name }] of this.#pins) {
      const isBaseline = runId === baseline;
      setAttribute(button, 'aria-pressed', isBaseline ? 'true' : 'false');
      setText(button, isBaseline ? t('baseline') : t('pin'));
      setAttribute(button, 'aria-label', isBaseline ? t('baseline: {0}', name) : t('pin {0} as baseline', name));
    }
    for (const [runId, run] of this.#runs) {
      const isShown = lines.some((line) => line.runId === runId && line.isShown);
      setAttribute(run, 'aria-pressed', isShown ? 'true' : 'false');
    }
  }

  #build(family: string): void {
    this.#cells = new Map();
    this.#pins = new Map();
    this.#runs = new Map();
    const runs = [...new Set(this.#lines.map(({ runId }) => runId))];
    if (runs.length <= 1) {
      this.element.replaceChildren(
        ...this.#lines.filter(({ value }) => value !== null).map((line) => this.#key(line, line.label)),
      );
      return;
    }
    const metrics = [...new Map(this.#lines.map(({ metric, label }) => [metric, label]))];
    const head = el('tr', {}, [
      el('th', { attributes: { scope: 'col' } }, [t('Job')]),
      ...metrics.map(([metric, label]) =>
        el('th', { class: 'number', attributes: { scope: 'col' } }, [
          this.#toggle(label, () => this.#lines.filter((line) => line.metric === metric)),
        ]),
      ),
      el('th', {}, [el('span', { class: 'visually-hidden' }, [t('Baseline')])]),
    ]);
    const rows = runs.map((runId) => {
      const own = this.#lines.filter((line) => line.runId === runId);
      const name = visibleLine(own[0]?.runName ?? '');
      const run = this.#toggle(name, () => this.#lines.filter((line) => line.runId === runId));
      this.#runs.set(runId, run);
      return el('tr', {}, [
        el('th', { attributes: { scope: 'row' } }, [run]),
        ...metrics.map(([metric]) => {
          const line = own.find((entry) => entry.metric === metric && entry.value !== null);
          return el('td', { class: 'number' }, line ? [this.#key(line, '', `${line.label}, ${name}`)] : []);
        }),
        el('td', {}, [this.#pin(runId, name)]),
      ]);
    });
    this.element.replaceChildren(
      el('table', { attributes: { 'aria-label': t('{0}: jobs', family) } }, [
        el('thead', {}, [head]),
        el('tbody', {}, rows),
      ]),
    );
  }

  #key(line: LegendLine, text: string, name?: string): HTMLButtonElement {
    const value = el('span', { class: 'numeric' });
    const difference = el('span', { class: 'numeric dim' });
    const button = el('button', { class: 'key', attributes: { type: 'button' } }, [
      lineMark(line.look),
      el('span', { class: name === undefined ? 'name' : 'visually-hidden' }, [name ?? text]),
      value,
      difference,
    ]);
    button.addEventListener('click', () => {
      const now = this.#lines.find(({ id }) => id === line.id);
      if (now) this.#listeners.onToggle([now], !now.isShown);
    });
    this.#cells.set(line.id, { button, value, difference });
    return button;
  }

  /** Switches several lines; on when all of them are off. */
  #toggle(text: string, lines: () => readonly LegendLine[]): HTMLButtonElement {
    return el(
      'button',
      {
        class: 'key name',
        attributes: { type: 'button' },
        on: {
          click: () => {
            const chosen = lines();
            this.#listeners.onToggle(chosen, !chosen.some(({ isShown }) => isShown));
          },
        },
      },
      [text],
    );
  }

  #pin(runId: string, name: string): HTMLButtonElement {
    const button = linkButton(t('pin'), () => {
      this.#listeners.onBaseline(this.#baseline === runId ? null : runId);
    });
    this.#pins.set(runId, { button, name });
    return button;
  }
}
