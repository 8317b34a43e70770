// States of the evaluation panel beside the ordinary ones: stopped early, several replies a row, all floors, labels, one contestant.
import { questionOf } from '../../../src/core/evaluation/comparison/question.ts';
import { joinSamples } from '../../../src/core/evaluation/samples.ts';
import type { Contestant, RowResult, RowSample } from '../../../src/core/evaluation/types.ts';
import { lookAt, rowsOfLooks, type Look } from '../../../src/core/statistics/earlyStop.ts';
import type { EvaluationPanelState } from '../../../src/protocol/evaluationPanel.ts';
import { evaluationState, matchState, numberRows, randomNumbers, reportOf, runConfig } from './states.ts';

/** Floors of a run that knows its training file. */
const FLOORS: readonly Contestant[] = [
  { id: 'constant', kind: 'constant', label: 'constant median', constant: '99.99', constantSource: 'of 500 answers' },
  {
    id: 'nearest',
    kind: 'constant',
    label: 'nearest training example',
    constantSource: 'answers as the nearest of 500 training examples',
  },
  {
    id: 'bagOfWords',
    kind: 'constant',
    label: 'bag of words',
    constantSource: 'guesses from the words of 500 training examples',
  },
];

/** State of a run with these contestants and rows. */
function stateOf(
  contestants: readonly Contestant[],
  rows: readonly RowResult[],
  items: number,
  overrides: Partial<EvaluationPanelState> = {},
): EvaluationPanelState {
  const plain = evaluationState(items);
  const run = overrides.run ?? runConfig(items, { contestants });
  return {
    ...plain,
    rows,
    reports: contestants.map(({ id }) =>
      reportOf(
        id,
        rows.filter(({ contestant }) => contestant === id),
      ),
    ),
    question: questionOf(run),
    ...overrides,
    run,
  };
}

/** Rows whose errors are those of the base model times a factor. */
function scaled(contestant: string, items: number, factor: number, seed: number): RowResult[] {
  const random = randomNumbers(seed);
  return numberRows('base', items, 23).map((row) => {
    const error = (row.error ?? 0) * factor * (0.9 + 0.2 * random());
    return { ...row, contestant, error, guess: Math.round((Number(row.truth) + error) * 100) / 100 };
  });
}

function looksOf(rows: readonly RowResult[], other: readonly RowResult[], items: number): readonly Look[] {
  const found: Look[] = [];
  for (const [index, planned] of rowsOfLooks(items).entries()) {
    if (planned === 0 || planned > rows.length) break;
    const differences = rows.slice(0, planned).map(({ error }, at) => (error ?? 0) - (other[at]?.error ?? 0));
    const look = lookAt(differences, index, items);
    if (look === null) break;
    found.push(look);
    if (look.verdict === 'different' || look.verdict === 'futile') break;
  }
  return found;
}

/**
 * Run that may stop early, after `answered` rows of every contestant: `tuned` is far better than `base`, `other` hardly differs. With all
 * rows it is one that went on to the end.
 */
export function stoppingState(
  items: number,
  answered: number,
  overrides: Partial<EvaluationPanelState> = {},
): EvaluationPanelState {
  const contestants: readonly Contestant[] = [
    ...runConfig(items).contestants.slice(0, 2),
    { id: 'other', kind: 'base', label: 'gpt-4.1-nano', connectionId: 'openai', model: 'gpt-4.1-nano-2025-04-14' },
    ...FLOORS.slice(0, 1),
  ];
  const base = numberRows('base', items, 23);
  const priced = (row: RowResult): RowResult => ({ ...row, ms: 310, usage: { input: 180, output: 5 } });
  const tuned = scaled('tuned', items, 0.5, 5);
  const other = scaled('other', items, 1, 1);
  const ofConstant = numberRows('constant', items);
  const looks = [
    { contestant: 'tuned', looks: looksOf(tuned.slice(0, answered), base, items) },
    { contestant: 'other', looks: looksOf(other.slice(0, answered), base, items) },
  ];
  // Each is asked until it is decided; the baseline as long as the last of them.
  const asked = (rows: readonly RowResult[], at: number): readonly RowResult[] => {
    const last = looks[at]?.looks.at(-1);
    const isDecided = last?.verdict === 'different' || last?.verdict === 'futile';
    return rows.slice(0, isDecided && answered < items ? last.rows : answered);
  };
  const models = [...asked(tuned, 0), ...base.slice(0, answered), ...asked(other, 1)];
  return stateOf(contestants, [...models.map(priced), ...ofConstant], items, {
    run: runConfig(items, { contestants, stopEarly: true, order: { seed: 42 } }),
    status: answered === items ? 'finished' : 'stopped-early',
    looks,
    ...overrides,
  });
}

/** Run of an evaluation file with thresholds, after `answered` rows of every contestant. */
export function thresholdState(items: number, answered = items): EvaluationPanelState {
  const plain = evaluationState(items, answered);
  return {
    ...plain,
    run: {
      ...plain.run,
      name: 'prices.eval.json',
      pass: { metrics: { mae: { max: 110 }, hits: { min: 0.9 } }, vsBaseline: 'not worse' },
    },
  };
}

/** Run with `replies` replies for each item, and all floors. */
export function samplesState(items: number, replies = 5): EvaluationPanelState {
  const contestants = [...runConfig(items).contestants.slice(0, 2), ...FLOORS];
  const random = randomNumbers(31);
  const several = (rows: readonly RowResult[]): RowResult[] =>
    rows.map((row) => {
      if (row.status !== 'graded' || typeof row.guess !== 'number') return row;
      const { guess, truth } = row;
      const samples = Array.from({ length: replies }, (): RowSample => {
        const own = Math.round(guess * (0.85 + 0.3 * random()) * 100) / 100;
        const error = Math.abs(own - Number(truth));
        return { sample: own.toFixed(2), status: 'graded', guess: own, error, colour: error < 40 ? 'green' : 'red' };
      });
      return { contestant: row.contestant, item: row.item, ...joinSamples('number', truth, samples) };
    });
  const floors = FLOORS.flatMap(({ id }, index) =>
    numberRows(id === 'constant' ? 'constant' : 'base', items, 40 + index).map((row) => ({ ...row, contestant: id })),
  );
  return stateOf(
    contestants,
    [...several(numberRows('tuned', items, 11)), ...several(numberRows('base', items, 23)), ...floors],
    items,
    {
      run: runConfig(items, { contestants, samples: replies, sampling: { temperature: 0.7, maxTokens: 16, seed: 42 } }),
    },
  );
}

/** Run of one model against nothing but floors. */
export function aloneState(items: number): EvaluationPanelState {
  const [tuned] = runConfig(items).contestants;
  const contestants = tuned ? [tuned] : [];
  const rows = numberRows('tuned', items, 11);
  const headline = { tone: 'warning', text: "pricer's mean error is 81.17. 1 request failed." } as const;
  return stateOf(contestants, rows, items, { headline });
}

/** Label run of two models with a class of replies that are no label. */
export function labelState(items: number): EvaluationPanelState {
  const plain = matchState(items);
  const labels = [...new Set(plain.rows.map(({ truth }) => String(truth)))].sort();
  const contestants: readonly Contestant[] = [
    { id: 'tuned', kind: 'fine-tuned', label: 'intents', connectionId: 'openai', model: 'ft:gpt-4o-mini:p:intents:1' },
    { id: 'base', kind: 'base', label: 'gpt-4o-mini', connectionId: 'openai', model: 'gpt-4o-mini-2024-07-18' },
    { id: 'constant', kind: 'constant', label: 'most frequent answer', constant: 'card arrival' },
  ];
  const random = randomNumbers(9);
  const rowsOf = (contestant: string): RowResult[] =>
    plain.rows
      .filter((row) => row.contestant === 'tuned')
      .map((row) => {
        const truth = String(row.truth);
        if (contestant === 'base' && row.item % 11 === 4)
          return { ...row, contestant, status: 'no-number', sample: 'I am not sure.', guess: null, colour: 'red' };
        const wrong = labels[Math.floor(random() * labels.length)] ?? truth;
        const guess =
          contestant === 'constant' ? 'card arrival' : random() < (contestant === 'tuned' ? 0.15 : 0.5) ? wrong : truth;
        return { ...row, contestant, sample: guess, guess, colour: guess === truth ? 'green' : 'red' };
      });
  const run = runConfig(items, {
    name: 'intents.test.jsonl',
    grader: 'label',
    graderOptions: { labels },
    answerPrefix: null,
    contestants,
  });
  return {
    ...stateOf(
      contestants,
      contestants.flatMap(({ id }) => rowsOf(id)),
      items,
      { run },
    ),
    items: plain.items,
    hasTraining: false,
    prices: [],
  };
}
