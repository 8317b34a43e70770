import { t } from '../../../src/core/base/messages.ts';
import type { MetricColumns } from '../../../src/core/training/curves/columns.ts';
import type { Hint } from '../../../src/core/training/verdict/hints.ts';
import { prepareVerdicts } from '../../../src/core/training/verdict/judge.ts';
import {
  marksOf,
  RunJudge,
  type JudgedRun,
  type RunVerdicts,
  type SeriesVerdict,
  type VerdictMark,
} from '../../../src/core/training/verdict/runVerdicts.ts';
import { linkButton } from '../../components.ts';
import { el, setChildren, show, type Child } from '../../dom.ts';
import { Sliced } from '../../slices.ts';
import { visibleLine } from '../../visibleText.ts';
import { explanation } from './verdictNumbers.ts';
import { metricLabel } from './words.ts';

/** A run whose curves are judged. */
export interface VerdictRun extends Omit<JudgedRun, 'series'> {
  /** That of its lines in the charts. */
  readonly id: string;
  readonly name: string;
  readonly curve: MetricColumns;
}

export interface VerdictListeners {
  /** The places that verdicts name have changed; by the id of the run. */
  readonly onMarks: (marks: ReadonlyMap<string, readonly VerdictMark[]>) => void;
  /** Open the account of the method. */
  readonly onExplain: () => void;
  /** Parts of the page about what a hint leads to; nothing where it leads nowhere. */
  readonly actionsOf: (hint: Hint) => readonly Child[];
  /** Text of a hint in this page; null: it is not shown. */
  readonly textOf: (hint: Hint) => string | null;
}

interface Judged {
  readonly run: VerdictRun;
  readonly verdicts: RunVerdicts;
}

/** Sentences about the curves of one run or several, judged between frames, from the values as reported. */
export class VerdictSection {
  readonly element = el('div', { class: 'verdict-section' });
  readonly #listeners: VerdictListeners;
  readonly #list = el('dl', { class: 'verdict-list' });
  readonly #waiting = el('p', { class: 'dim' }, [t('Nothing can be said yet: the first look is at 5% of the run.')]);
  readonly #gaps = el('div');
  readonly #hints = el('ul', { class: 'hints', attributes: { 'aria-label': t('What the curves suggest') } });
  readonly #numbers = el('div', { class: 'scroll', attributes: { tabindex: 0 } });
  readonly #explain: HTMLDetailsElement;
  readonly #judges = new Map<string, RunJudge>();
  readonly #sliced: Sliced<readonly Judged[]>;
  #runs: readonly VerdictRun[] = [];
  #judged: readonly Judged[] = [];
  #signature = '';
  #marks = '';

  constructor(listeners: VerdictListeners) {
    this.#listeners = listeners;
    this.#numbers.setAttribute('aria-label', t('Numbers behind the verdicts'));
    this.#explain = el(
      'details',
      {
        class: 'explain',
        on: {
          toggle: () => {
            this.#drawNumbers();
          },
        },
      },
      [
        el('summary', {}, [t('Explain')]),
        el('p', { class: 'dim' }, [
          t(
            'Each sentence is a claim with a known error rate, made from the values as reported, never from the smoothed line. A claim needs more evidence than noise with a memory gives by chance.',
          ),
          ' ',
          linkButton(t('How curves are judged, and how often that is wrong'), () => {
            listeners.onExplain();
          }),
        ]),
        this.#numbers,
      ],
    );
    // The region is there before its words: only then they are read out when they change.
    const told = el('div', { attributes: { 'aria-live': 'polite' } }, [this.#list, this.#waiting, this.#gaps]);
    this.element.append(told, this.#hints, this.#explain);
    for (const part of [this.#list, this.#waiting, this.#hints, this.#explain]) show(part, false);
    this.#sliced = new Sliced(
      () => this.#judge(),
      (judged) => {
        this.#show(judged);
      },
    );
    // The tables that the first verdict needs are made while the page waits for its data.
    setTimeout(prepareVerdicts, 0);
  }

  update(runs: readonly VerdictRun[]): void {
    this.#runs = runs;
    this.#sliced.request();
  }

  /** Draws again what depends on more than the curves. */
  refresh(): void {
    this.#draw();
  }

  *#judge(): Generator<undefined, readonly Judged[]> {
    const judged: Judged[] = [];
    for (const run of this.#runs) {
      let judge = this.#judges.get(run.id);
      if (!judge) this.#judges.set(run.id, (judge = new RunJudge()));
      const series = run.curve.names.map((name) => {
        const { xs: steps, ys: values, edits } = run.curve.series(name);
        return { name, steps, values, edits };
      });
      judged.push({ run, verdicts: yield* judge.judge({ ...run, series }) });
    }
    return judged;
  }

  #show(judged: readonly Judged[]): void {
    this.#judged = judged;
    this.#draw();
    const marks = new Map(judged.map(({ run, verdicts }) => [run.id, marksOf(verdicts.series)]));
    const signature = JSON.stringify([...marks]);
    if (signature === this.#marks) return;
    this.#marks = signature;
    this.#listeners.onMarks(marks);
  }

  #draw(): void {
    const isOne = this.#judged.length === 1;
    const rows = this.#judged.flatMap(({ run, verdicts }) =>
      verdicts.series.map((one) => ({ one, label: labelOf(one.name, isOne ? null : run.name) })),
    );
    const gaps = this.#judged.flatMap(({ verdicts }) => verdicts.gapSentence ?? []);
    const hints = this.#judged.flatMap(({ verdicts }) =>
      verdicts.hints.flatMap((hint) => {
        const text = this.#listeners.textOf(hint);
        return text === null ? [] : [{ hint, text }];
      }),
    );
    const isWaiting = rows.length === 0 && this.#judged.some(({ run }) => run.isLive && run.curve.length > 0);
    show(this.#list, rows.length > 0);
    show(this.#waiting, isWaiting);
    show(this.#hints, hints.length > 0);
    show(this.#explain, rows.length > 0);
    const signature = JSON.stringify([
      rows.map(({ one, label }) => [label, one.sentence, one.notes]),
      gaps,
      hints.map(({ text, hint }) => [text, this.#listeners.actionsOf(hint).length]),
    ]);
    if (signature === this.#signature) return;
    this.#signature = signature;
    setChildren(
      this.#list,
      rows.flatMap(({ one, label }) => [
        el('dt', { class: toneOf(one) }, [label]),
        el('dd', {}, [one.sentence, ...one.notes.flatMap((note) => [' ', el('span', { class: 'dim' }, [note])])]),
      ]),
    );
    setChildren(
      this.#gaps,
      gaps.map((sentence) => el('p', {}, [sentence])),
    );
    setChildren(
      this.#hints,
      hints.map(({ hint, text }) =>
        el('li', {}, [text, ...this.#listeners.actionsOf(hint).flatMap((action) => [' ', action])]),
      ),
    );
    this.#drawNumbers();
  }

  #drawNumbers(): void {
    if (!this.#explain.open) return;
    const isOne = this.#judged.length === 1;
    setChildren(
      this.#numbers,
      explanation(
        this.#judged.flatMap(({ run, verdicts }) =>
          verdicts.series.map(({ name, verdict }) => ({ label: labelOf(name, isOne ? null : run.name), verdict })),
        ),
      ),
    );
  }
}

function labelOf(series: string, run: string | null): string {
  const metric = visibleLine(metricLabel(series));
  return run === null ? metric : t('{0}: {1}', visibleLine(run), metric);
}

function toneOf({ stands, verdict }: SeriesVerdict): string {
  if (!stands) return 'neutral';
  return verdict.code === 'improving' ? 'good' : verdict.code === 'worse' ? 'warning' : 'neutral';
}
