import { t, tn } from '../../base/messages.ts';
import type { Problem } from '../../base/result.ts';
import { formatDuration } from '../../training/words/describe.ts';
import type { Figure, FigureRows } from '../report/types.ts';
import type { PlacedAnswer } from './types.ts';

/** State of the question which answers of a file are suspicious. */
export type SuspicionState =
  | { readonly state: 'unasked'; readonly note: string | null }
  /** `share`: 0…1. */
  | { readonly state: 'running'; readonly share: number }
  | { readonly state: 'unjudged'; readonly problem: Problem }
  /** Numbers of answers that were judged, and that are called suspicious. */
  | {
      readonly state: 'found';
      readonly judged: number;
      readonly called: number;
      readonly rows: readonly PlacedAnswer[];
    };

export interface SuspiciousRowView {
  readonly figure: Figure;
  readonly question: string;
  readonly answer: string;
  readonly expected: string;
  /** 0…1. */
  readonly score: number;
  readonly called: boolean;
  readonly reason: string;
  readonly similar: readonly { readonly figure: Figure; readonly answer: string }[];
}

/** Section of the report: sentences, and figures that lead to lines. */
export type SuspiciousView =
  | { readonly state: 'unasked'; readonly text: string; readonly note: string | null }
  | { readonly state: 'running'; readonly share: number }
  | { readonly state: 'unjudged'; readonly text: string }
  | { readonly state: 'found'; readonly text: string; readonly rows: readonly SuspiciousRowView[] };

export interface BuiltSuspicions {
  readonly view: SuspiciousView;
  /** Lines behind the figures, by their ids. */
  readonly figures: ReadonlyMap<string, FigureRows>;
}

/** Rows of the table. */
const SHOWN = 100;
/** Seconds for a row: 59 s for 10,003 rows on one core, and twice as much where a small file is divided in three ways. */
const SECONDS_A_ROW = 0.006;
const FEW_ROWS = 1000;

/** View of the section. `examples`: number of rows of the file, for the estimate of the time. */
export function buildSuspicions(found: SuspicionState, examples: number): BuiltSuspicions {
  const figures = new Map<string, FigureRows>();
  const figure = (id: string, title: string, line: number): Figure => {
    figures.set(id, { file: null, title, rows: { count: 1, lines: [line] } });
    return { id, count: 1, line };
  };
  switch (found.state) {
    case 'unasked':
      return { view: { state: 'unasked', text: offerText(examples), note: found.note }, figures };
    case 'running':
      return { view: found, figures };
    case 'unjudged':
      return { view: { state: 'unjudged', text: `${found.problem.message} ${found.problem.action}` }, figures };
    case 'found':
      return {
        view: {
          state: 'found',
          text: foundText(found.judged, found.called, found.rows.length),
          rows: found.rows.slice(0, SHOWN).map(({ rank, line, similar, ...row }) => {
            const id = `suspicious.${String(rank)}`;
            return {
              figure: figure(id, t('Suspicious answer'), line),
              question: row.question,
              answer: row.answer,
              expected: row.expected,
              score: row.score,
              called: row.called,
              reason: row.reason,
              similar: similar.map((other, index) => ({
                figure: figure(`${id}.${String(index)}`, t('Similar row'), other.line),
                answer: other.answer,
              })),
            };
          }),
        },
        figures,
      };
  }
}

function offerText(examples: number): string {
  const seconds = Math.ceil(examples * SECONDS_A_ROW * (examples <= FEW_ROWS ? 2 : 1));
  return t(
    'Trains the built-in model on parts of the file and asks it about the other rows: answers that it finds unlikely may be wrong. Takes about {0} for this file; nothing leaves this machine.',
    formatDuration(Math.max(1, seconds)),
  );
}

function foundText(judged: number, called: number, rows: number): string {
  const first =
    called === 0
      ? tn(
          judged,
          '{0} answer was judged by models that have not seen it, and it is not called suspicious.',
          '{0} answers were judged by models that have not seen them, and none is called suspicious.',
        )
      : tn(
          called,
          '{0} of {1} answers is called suspicious: models that have not seen its row expect another one.',
          '{0} of {1} answers are called suspicious: models that have not seen their rows expect other ones.',
          judged,
        );
  const cut =
    rows > SHOWN ? [t('The {0} most suspicious are listed here, and the exported table has {1}.', SHOWN, rows)] : [];
  const rest = t(
    'A place in this list is a reason to look, not a verdict. A row whose text is changed leaves the list.',
  );
  return [first, ...cut, rest].join(' ');
}
