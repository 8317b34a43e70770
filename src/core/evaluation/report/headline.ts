import { listOf, t, tn } from '../../base/messages.ts';
import { percent } from '../../base/numbers.ts';
import { amount } from './amount.ts';
import type { Contestant, ContestantReport, GraderType, RunStatus, TrainedOn } from '../types.ts';
import { trainedOnSentence, ungradableSentence } from './words.ts';

export interface Headline {
  readonly tone: 'neutral' | 'good' | 'warning' | 'bad';
  readonly text: string;
}

export interface HeadlineInput {
  readonly status: RunStatus;
  readonly grader: GraderType;
  readonly contestants: readonly Contestant[];
  readonly reports: readonly ContestantReport[];
  /** Number of items of the test file. */
  readonly items: number;
  /** Overlap with the training file of the model, when known. */
  readonly trainedOn?: TrainedOn | undefined;
}

/**
 * Headline of a run: the figures, then the items missing from them: those that cannot be graded, and those that the model was trained
 * on, whose figures say nothing about new items.
 */
export function runHeadline(input: HeadlineInput): Headline {
  const ungradable = Math.max(0, ...input.reports.map((report) => report.ungradable));
  const items = input.items - ungradable;
  const figures = figuresHeadline({ ...input, items }, ungradable > 0);
  const trained = trainedOnSentence(input.trainedOn, input.items);
  const left = ungradableSentence(input.grader, ungradable, input.items);
  return {
    tone: trained !== null ? 'bad' : figures.tone,
    text: [figures.text, trained, left].filter((sentence) => sentence !== null).join(' '),
  };
}

/**
 * Sentences for the top of an evaluation, with their evidence. They state figures and counts and make no claim that a
 * difference is more than chance: so the tone never says good or bad about a model, only that rows are missing.
 */
function figuresHeadline(input: HeadlineInput, someUngradable: boolean): Headline {
  const { status, reports, items } = input;
  const entries = ordered(input);
  const seen = entries.filter((entry) => entry.report.n > 0);
  const asked = entries.filter((entry) => entry.contestant.kind !== 'constant');
  const failed = asked.reduce((sum, entry) => sum + entry.report.errors, 0);
  const answered = asked.reduce((sum, entry) => sum + entry.report.n, 0);
  if (items === 0 && someUngradable) return { tone: 'warning', text: t('There is nothing to evaluate.') };
  if (items === 0) return { tone: 'warning', text: t('There is nothing to evaluate: the test file has no items.') };
  if (answered === 0 && failed > 0)
    return { tone: 'bad', text: `${t('No model has answered yet.')} ${failures(failed)}` };
  if (seen.length === 0 || reports.length === 0) {
    return {
      tone: 'neutral',
      text:
        status === 'running'
          ? tn(items, 'Waiting for the answer to {0} item.', 'Waiting for the first of {0} items.')
          : tn(items, 'No answer to {0} item.', 'No answers to {0} items.'),
    };
  }

  const first = Math.min(...(asked.length > 0 ? asked : seen).map((entry) => entry.report.n));
  const complete = seen.length === entries.length && entries.every((entry) => entry.report.n === items);
  // Counts are written once when they agree, else each figure carries its own.
  const sameCount = seen.every((entry) => entry.report.n === seen[0]?.report.n);
  const list = listOf(seen.map((entry) => figure(input.grader, entry, items, sameCount)));
  const figures = sameCount
    ? tn(items, '{1}, over {2} of {0} item', '{1}, over {2} of {0} items', list, seen[0]?.report.n ?? 0)
    : list;

  const silent = seen.filter((entry) => entry.report.noNumber > 0);
  const sentences = [
    status === 'running'
      ? t('So far, {0}.', figures)
      : status === 'finished' || complete
        ? t('{0}.', figures)
        : tn(items, 'Stopped after {1} of {0} item: {2}.', 'Stopped after {1} of {0} items: {2}.', first, figures),
    ...silent.map(({ contestant, report }) =>
      tn(
        report.noNumber,
        '{0} reply of {1} held no number and is not in the mean.',
        '{0} replies of {1} held no number and are not in the mean.',
        contestant.label,
      ),
    ),
    ...(failed > 0 ? [failures(failed)] : []),
  ];
  return { tone: failed > 0 || silent.length > 0 ? 'warning' : 'neutral', text: sentences.join(' ') };
}

function failures(failed: number): string {
  return tn(failed, '{0} request failed.', '{0} requests failed.');
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

/** Clause about one contestant. `sameCount`: the number of items follows once for all. */
function figure(grader: GraderType, { contestant, report }: Entry, items: number, sameCount: boolean): string {
  const name = contestant.kind === 'constant' ? t('the constant') : contestant.label;
  const { n, green, hits, meanError } = report;
  if (grader === 'string_check') {
    return hits === null
      ? t('{0} matches {1} of {2}', name, green, n)
      : t('{0} matches {1} of {2} ({3})', name, green, n, percent(hits));
  }
  if (meanError === null) {
    return sameCount
      ? t('{0} gave no number', name)
      : tn(items, '{1} gave no number for {2} of {0} item', '{1} gave no number for {2} of {0} items', name, n);
  }
  const error = amount(meanError);
  return sameCount
    ? t("{0}'s mean error is {1}", name, error)
    : tn(
        items,
        "{1}'s mean error is {2} over {3} of {0} item",
        "{1}'s mean error is {2} over {3} of {0} items",
        name,
        error,
        n,
      );
}
