import * as z from 'zod/mini';
import type { ChatMessage } from '../core/dataset/example.ts';
import type { Look } from '../core/statistics/earlyStop.ts';
import { METRICS } from '../core/evaluation/comparison/types.ts';
import type { Question } from '../core/evaluation/comparison/question.ts';
import type { Contestant, ContestantReport, RowResult, RunConfig, RunStatus } from '../core/evaluation/types.ts';
import { areRows } from './rowCheck.ts';
import type { NearExample } from './datasetWorker.ts';
import {
  chatMessage,
  count,
  headline,
  nullableNumber,
  sampling,
  type PanelHeadline,
  type Same,
} from './panelShared.ts';

export interface EvaluationPanelItem {
  readonly index: number;
  readonly line: number;
  readonly title: string;
  /** Index of the first item with an equal prompt; absent for that item itself. */
  readonly cluster?: number;
}

/** Looks at the difference between a contestant and the baseline, in the order they were made. */
export interface ContestantLooks {
  readonly contestant: string;
  readonly looks: readonly Look[];
}

/** Price of a million tokens in US dollars. */
export interface TokenPrice {
  readonly contestant: string;
  readonly input: number;
  readonly output: number;
}

export interface EvaluationPanelState {
  readonly panel: 'evaluation';
  readonly run: RunConfig;
  readonly status: RunStatus;
  /** One sentence, with its evidence; while running: the figures so far. */
  readonly headline: PanelHeadline;
  readonly items: readonly EvaluationPanelItem[];
  readonly rows: readonly RowResult[];
  readonly reports: readonly ContestantReport[];
  /** Reason why the run has stopped, if it has: one sentence and one action. */
  readonly notice: string | null;
  /** Another process that runs it, or that left it behind to be taken over; null: neither. */
  readonly elsewhere: EvaluationElsewhere | null;
  readonly question: Question;
  /** Looks of a run that may stop early, by which its claims are made; null for a run that asks all rows. */
  readonly looks: readonly ContestantLooks[] | null;
  /** Sentences about differences in form between the training file and the prompts of the run. */
  readonly formats: readonly string[];
  /** Whether the training file is at hand, in which the nearest examples of a row can be looked up. */
  readonly hasTraining: boolean;
  /** Prices of the contestants that cost something and whose prices are known. */
  readonly prices: readonly TokenPrice[];
}

export interface EvaluationElsewhere {
  readonly isRunning: boolean;
  /** One sentence that names the process. */
  readonly text: string;
}

export interface EvaluationPanelPatch {
  readonly status?: RunStatus;
  readonly headline?: PanelHeadline;
  readonly notice?: string | null;
  readonly elsewhere?: EvaluationElsewhere | null;
  /** New rows, in the order they arrived; a row replaces an earlier one of the same contestant and item. */
  readonly rows: readonly RowResult[];
  /** The contestants with the parameters that their models turned out to refuse. */
  readonly contestants?: RunConfig['contestants'];
  readonly reports?: readonly ContestantReport[];
  readonly looks?: readonly ContestantLooks[] | null;
  readonly formats?: readonly string[];
  readonly hasTraining?: boolean;
  readonly prices?: readonly TokenPrice[];
}

/** Contestants of another run over the same items, with their rows by the items of this one. */
export interface EvaluationGuests {
  /** Name and time of the other run. */
  readonly from: string;
  /** Number of items that both runs have. */
  readonly shared: number;
  readonly contestants: readonly Contestant[];
  readonly rows: readonly RowResult[];
}

export type ToEvaluationPanel =
  | { readonly type: 'evaluationPatch'; readonly patch: EvaluationPanelPatch }
  /** Answer to `showRow`: the whole row, for the detail under the table. */
  | {
      readonly type: 'row';
      readonly item: number;
      readonly messages: readonly ChatMessage[];
      readonly truth: string;
      readonly samples: readonly {
        readonly contestant: string;
        readonly sample: string | null;
        readonly message: string | null;
      }[];
    }
  /** Nearest training examples of a row, a moment after it; the problem where they cannot be read. */
  | {
      readonly type: 'neighbors';
      readonly item: number;
      readonly neighbors: readonly NearExample[];
      readonly problem: string | null;
    }
  /** Answer to `askAgain`; it is not kept, and in no figure. */
  | { readonly type: 'askedAgain'; readonly row: RowResult }
  | { readonly type: 'guests'; readonly guests: EvaluationGuests | null }
  /** Asks for the report, which the page answers with `report`. */
  | { readonly type: 'wantReport' };

export type FromEvaluationPanel =
  | { readonly type: 'cancelRun' }
  | { readonly type: 'resumeRun' }
  | { readonly type: 'showRow'; readonly item: number }
  | { readonly type: 'openLine'; readonly item: number }
  | { readonly type: 'openTrainingLine'; readonly line: number }
  | { readonly type: 'askAgain'; readonly item: number; readonly contestant: string }
  | { readonly type: 'openInTry'; readonly item: number; readonly contestant: string }
  | { readonly type: 'runAgain' }
  | { readonly type: 'compareRuns' }
  | { readonly type: 'dismissGuests' }
  | { readonly type: 'exportRun' }
  /** Markdown with its pictures, PNG in base64 under the names that it links to. */
  | {
      readonly type: 'report';
      readonly markdown: string;
      readonly pictures: readonly { readonly name: string; readonly png: string }[];
    };

const replacement = z.object({ margin: z.number(), temperature: z.number(), unrecorded: count });

const contestant = z.object({
  id: z.string(),
  kind: z.enum(['fine-tuned', 'base', 'constant']),
  label: z.string(),
  connectionId: z.exactOptional(z.string()),
  model: z.exactOptional(z.string()),
  leftOut: z.exactOptional(z.array(z.enum(['temperature', 'seed', 'max_tokens']))),
  maxTokens: z.exactOptional(z.number()),
  constant: z.exactOptional(z.string()),
  constantSource: z.exactOptional(z.string()),
  answers: z.exactOptional(z.array(z.string())),
  recorded: z.exactOptional(z.object({ run: z.string(), model: z.string(), at: z.number() })),
  listed: z.exactOptional(z.boolean()),
});

const bounds = z.object({ absolute: z.number(), relative: z.number() });

const limits = z.exactOptional(z.object({ min: z.exactOptional(z.number()), max: z.exactOptional(z.number()) }));

const pass = z.object({
  metrics: z.object({
    mae: limits,
    medianError: limits,
    rmsle: limits,
    hits: limits,
    accuracy: limits,
    f1: limits,
  }),
  // eslint-disable-next-line tuning-fork/translated -- words of the file format
  vsBaseline: z.nullable(z.enum(['not worse', 'better'])),
});

const runConfig = z.object({
  v: z.literal(1),
  id: z.string(),
  createdAt: z.number(),
  name: z.string(),
  testFile: z.object({ path: z.string(), sha256: z.string(), items: count }),
  contestants: z.array(contestant),
  grader: z.enum(['number', 'string_check', 'contains', 'regex', 'label']),
  graderOptions: z.exactOptional(
    z.object({
      green: z.exactOptional(bounds),
      orange: z.exactOptional(bounds),
      ignoreCase: z.exactOptional(z.boolean()),
      pattern: z.exactOptional(z.string()),
      flags: z.exactOptional(z.string()),
      labels: z.exactOptional(z.array(z.string())),
    }),
  ),
  sampling,
  answerPrefix: z.nullable(z.string()),
  concurrency: z.number(),
  samples: z.exactOptional(z.number()),
  deadlineMs: z.exactOptional(z.number()),
  order: z.exactOptional(z.object({ seed: z.number() })),
  baseline: z.exactOptional(z.string()),
  stopEarly: z.exactOptional(z.boolean()),
  jobId: z.exactOptional(z.string()),
  trainingFile: z.exactOptional(z.string()),
  truthPrefix: z.exactOptional(z.string()),
  numberReader: z.exactOptional(z.object({ version: z.literal(2), decimalMark: z.enum(['point', 'comma']) })),
  trainedOn: z.exactOptional(z.object({ same: count, near: count })),
  primary: z.exactOptional(z.enum(METRICS)),
  matters: z.exactOptional(z.number()),
  pass: z.exactOptional(pass),
  replacement: z.exactOptional(replacement),
  fingerprint: z.exactOptional(z.string()),
});

const runStatus = z.enum(['running', 'cancelled', 'interrupted', 'paused', 'finished', 'stopped-early']);

const tokenUsage = z.object({ input: count, output: count, reasoning: z.exactOptional(count) });

const rowSample = z.object({
  sample: z.string(),
  finishReason: z.exactOptional(z.string()),
  status: z.enum(['graded', 'no-number', 'ungradable']),
  guess: z.nullable(z.union([z.number(), z.string()])),
  error: nullableNumber,
  colour: z.nullable(z.enum(['green', 'orange', 'red'])),
  lesson: z.exactOptional(z.object({ guess: nullableNumber, truth: nullableNumber })),
  usage: z.exactOptional(tokenUsage),
  ms: z.exactOptional(z.number()),
});

/** Checked as a whole by hand: rows come by the ten thousand, and a page may not compile its schemas. */
const rowResult = z.object({
  contestant: z.string(),
  item: count,
  status: z.enum(['graded', 'no-number', 'error', 'ungradable']),
  sample: z.nullable(z.string()),
  finishReason: z.exactOptional(z.string()),
  guess: z.nullable(z.union([z.number(), z.string()])),
  truth: z.union([z.number(), z.string()]),
  error: nullableNumber,
  colour: z.nullable(z.enum(['green', 'orange', 'red'])),
  lesson: z.exactOptional(z.object({ guess: nullableNumber, truth: nullableNumber })),
  message: z.exactOptional(z.string()),
  code: z.exactOptional(z.string()),
  usage: z.exactOptional(tokenUsage),
  ms: z.exactOptional(z.number()),
  cached: z.exactOptional(z.literal(true)),
  samples: z.exactOptional(z.array(rowSample)),
});

const rowList = z.custom<z.output<typeof rowResult>[]>(areRows);

const contestantReport = z.object({
  contestant: z.string(),
  n: count,
  noNumber: count,
  errors: count,
  ungradable: count,
  meanError: nullableNumber,
  lessonMeanError: nullableNumber,
  medianError: nullableNumber,
  rmsle: nullableNumber,
  lessonRmsle: nullableNumber,
  hits: nullableNumber,
  green: count,
  orange: count,
  red: count,
});

const elsewhere = z.nullable(z.object({ isRunning: z.boolean(), text: z.string() }));

const guests = z.object({
  from: z.string(),
  shared: count,
  contestants: z.array(contestant),
  rows: rowList,
});

const looks = z.nullable(
  z.array(
    z.object({
      contestant: z.string(),
      looks: z.array(
        z.object({
          look: z.number(),
          rows: z.number(),
          estimate: z.object({ value: z.number(), low: z.number(), high: z.number() }),
          t: z.number(),
          limit: z.number(),
          verdict: z.enum(['different', 'futile', 'continue', 'end']),
        }),
      ),
    }),
  ),
);

const prices = z.array(z.object({ contestant: z.string(), input: z.number(), output: z.number() }));

export const evaluationState = z.object({
  panel: z.literal('evaluation'),
  run: runConfig,
  status: runStatus,
  headline,
  items: z.array(z.object({ index: count, line: count, title: z.string(), cluster: z.exactOptional(count) })),
  rows: rowList,
  reports: z.array(contestantReport),
  notice: z.nullable(z.string()),
  elsewhere,
  question: z.object({
    primary: z.enum(METRICS),
    matters: z.number(),
    baseline: z.nullable(z.string()),
    replacement: z.exactOptional(replacement),
  }),
  looks,
  formats: z.array(z.string()),
  hasTraining: z.boolean(),
  prices,
});

export const toEvaluationPanel = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('evaluationPatch'),
    patch: z.object({
      status: z.exactOptional(runStatus),
      headline: z.exactOptional(headline),
      notice: z.exactOptional(z.nullable(z.string())),
      elsewhere: z.exactOptional(elsewhere),
      rows: rowList,
      contestants: z.exactOptional(runConfig.shape.contestants),
      reports: z.exactOptional(z.array(contestantReport)),
      looks: z.exactOptional(looks),
      formats: z.exactOptional(z.array(z.string())),
      hasTraining: z.exactOptional(z.boolean()),
      prices: z.exactOptional(prices),
    }),
  }),
  z.object({
    type: z.literal('neighbors'),
    item: count,
    neighbors: z.array(z.object({ line: count, question: z.string(), answer: z.string(), similarity: z.number() })),
    problem: z.nullable(z.string()),
  }),
  z.object({ type: z.literal('askedAgain'), row: rowResult }),
  z.object({ type: z.literal('guests'), guests: z.nullable(guests) }),
  z.object({ type: z.literal('wantReport') }),
  z.object({
    type: z.literal('row'),
    item: count,
    messages: z.array(chatMessage),
    truth: z.string(),
    samples: z.array(
      z.object({ contestant: z.string(), sample: z.nullable(z.string()), message: z.nullable(z.string()) }),
    ),
  }),
]);

export const fromEvaluationPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('cancelRun') }),
  z.object({ type: z.literal('resumeRun') }),
  z.object({ type: z.literal('showRow'), item: count }),
  z.object({ type: z.literal('openLine'), item: count }),
  z.object({ type: z.literal('openTrainingLine'), line: count }),
  z.object({ type: z.literal('askAgain'), item: count, contestant: z.string() }),
  z.object({ type: z.literal('openInTry'), item: count, contestant: z.string() }),
  z.object({ type: z.literal('runAgain') }),
  z.object({ type: z.literal('compareRuns') }),
  z.object({ type: z.literal('dismissGuests') }),
  z.object({ type: z.literal('exportRun') }),
  z.object({
    type: z.literal('report'),
    // A page that was taken over may send anything.
    markdown: z.string().check(z.maxLength(1_000_000)),
    pictures: z
      .array(
        z.object({
          name: z.string().check(z.regex(/^[a-z-]{1,40}\.png$/)),
          png: z.string().check(z.maxLength(20_000_000)),
        }),
      )
      .check(z.maxLength(12)),
  }),
]);

true satisfies Same<z.output<typeof evaluationState>, EvaluationPanelState>;
true satisfies Same<z.output<typeof toEvaluationPanel>, ToEvaluationPanel>;
true satisfies Same<z.output<typeof fromEvaluationPanel>, FromEvaluationPanel>;
