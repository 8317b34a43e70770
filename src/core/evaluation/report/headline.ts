import { plural, twoDecimals } from '../../base/numbers.ts';
import type { Contestant, ContestantReport, GraderType, RunStatus } from '../types.ts';

export interface Headline {
  readonly tone: 'neutral' | 'good' | 'warning' | 'bad';
  readonly text: string;
}

export interface HeadlineInput {
  readonly status: RunStatus;
  readonly grader: GraderType;
  readonly contestants: readonly Contestant[];
  readonly reports: readonly ContestantReport[];
  /** Items of the test file. */
  readonly items: number;
}

/**
 * One sentence for the top of an evaluation, with its evidence. It states figures and counts and makes no claim that a
 * difference is more than chance: so the tone never says good or bad about a model, only that rows are missing.
 */
export function runHeadline(input: HeadlineInput): Headline {
  const { status, reports, items } = input;
  const entries = ordered(input);
  const seen = entries.filter((entry) => entry.report.n > 0);
  const asked = entries.filter((entry) => entry.contestant.kind !== 'constant');
  const failed = asked.reduce((sum, entry) => sum + entry.report.errors, 0);
  const answered = asked.reduce((sum, entry) => sum + entry.report.n, 0);
  if (items === 0) return { tone: 'warning', text: 'There is nothing to evaluate: the test file has no rows.' };
  if (answered === 0 && failed > 0) {
    return { tone: 'bad', text: `No model has answered yet: ${plural(failed, 'request')} failed.` };
  }
  if (seen.length === 0 || reports.length === 0) {
    return {
      tone: 'neutral',
      text:
        status === 'running'
          ? `Waiting for the first of ${plural(items, 'row')}.`
          : `Nothing was answered of ${plural(items, 'row')}.`,
    };
  }

  const first = Math.min(...(asked.length > 0 ? asked : seen).map((entry) => entry.report.n));
  const complete = seen.length === entries.length && entries.every((entry) => entry.report.n === items);
  // Counts go into one bracket when they agree, else each figure carries its own.
  const sameCount = seen.every((entry) => entry.report.n === seen[0]?.report.n);
  const figures = seen.map((entry) => figure(input.grader, entry, items, sameCount));
  const bracket = sameCount ? ` (${String(seen[0]?.report.n)} of ${plural(items, 'row')})` : '';

  const notes: string[] = [];
  const silent = seen.filter((entry) => entry.report.noNumber > 0);
  if (silent.length > 0) {
    notes.push(
      `${silent.map((entry) => `${plural(entry.report.noNumber, 'reply', 'replies')} of ${entry.contestant.label}`).join(' and ')} held no number and ${silent.length === 1 && silent[0]?.report.noNumber === 1 ? 'is' : 'are'} not in the mean`,
    );
  }
  if (failed > 0) notes.push(`${plural(failed, 'request')} failed`);

  const lead =
    status === 'running'
      ? 'So far, '
      : status === 'finished' || complete
        ? ''
        : `Stopped after ${String(first)} of ${plural(items, 'row')}: `;
  const text = `${lead}${figures.join(', ')}${bracket}${notes.map((note) => `; ${note}`).join('')}.`;
  return { tone: failed > 0 || silent.length > 0 ? 'warning' : 'neutral', text };
}

interface Entry {
  readonly contestant: Contestant;
  readonly report: ContestantReport;
}

const ORDER: Readonly<Record<Contestant['kind'], number>> = { 'fine-tuned': 0, base: 1, constant: 2 };

function ordered({ contestants, reports }: HeadlineInput): readonly Entry[] {
  const byId = new Map(reports.map((report) => [report.contestant, report]));
  return contestants
    .flatMap((contestant) => {
      const report = byId.get(contestant.id);
      return report === undefined ? [] : [{ contestant, report }];
    })
    .sort((a, b) => ORDER[a.contestant.kind] - ORDER[b.contestant.kind]);
}

function figure(grader: GraderType, { contestant, report }: Entry, items: number, sameCount: boolean): string {
  const name = contestant.kind === 'constant' ? 'the constant' : contestant.label;
  if (grader === 'string_check') {
    return `${name} matches ${String(report.green)} of ${String(report.n)}${report.hits === null ? '' : `, ${percent(report.hits)}`}`;
  }
  const rows = sameCount ? '' : ` over ${String(report.n)} of ${plural(items, 'row')}`;
  if (report.meanError === null) return `${name} gave no number${rows}`;
  return `${name}'s mean error is ${amount(report.meanError)}${rows}`;
}

/** Two decimals from 0.01 on, else three digits; grouped in thousands. */
export function amount(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return value.toPrecision(3);
  if (Math.abs(value) >= 1e15) return value.toExponential(3);
  return twoDecimals(value);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
