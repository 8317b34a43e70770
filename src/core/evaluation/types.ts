import type { ChatMessage } from '../dataset/example.ts';
import type { Metric } from './comparison/types.ts';
import type { DecimalMark } from './readNumber.ts';

/**
 * Grader. `number`: compares the number in the reply with the number in the answer (the lesson's tester). `string_check`: exact match
 * after trimming. `contains`: the answer occurs in the reply. `regex`: a pattern occurs in the reply. `label`: the one label that the
 * reply gives.
 */
export type GraderType = 'number' | 'string_check' | 'contains' | 'regex' | 'label';

/** Bounds of a color: an error below either is enough. Absolute in the answers' unit, relative as a share of the truth. */
export interface Bounds {
  readonly absolute: number;
  readonly relative: number;
}

/** Options of the graders; each applies to the graders that its comment names. */
export interface GraderOptions {
  /** `number`: bounds of a hit and of a near miss; the lesson's when absent. */
  readonly green?: Bounds;
  readonly orange?: Bounds;
  /** `string_check`, `contains`, `label`: capital and small letters are the same. */
  readonly ignoreCase?: boolean;
  /** `regex`: pattern and flags; `{{answer}}` in the pattern is the expected answer, as literal text. */
  readonly pattern?: string;
  readonly flags?: string;
  /** `label`: all labels. */
  readonly labels?: readonly string[];
}

export interface Sampling {
  readonly temperature: number;
  readonly maxTokens: number;
  readonly seed: number;
}

/** Parameters that some models refuse. */
export type SamplingParameter = 'temperature' | 'seed' | 'max_tokens';

export type ContestantKind = 'fine-tuned' | 'base' | 'constant';

export interface Contestant {
  /** Id, unique within the run. */
  readonly id: string;
  readonly kind: ContestantKind;
  /** Label in tables, e.g. `pricer`, `gpt-4o-mini base`, `constant median`. */
  readonly label: string;
  /** Connection of the model; absent for the constant. */
  readonly connectionId?: string;
  readonly model?: string;
  /** Parameters that are not sent, since the model refuses them; `max_tokens` goes under its new name, `max_completion_tokens`. */
  readonly leftOut?: readonly SamplingParameter[];
  /** Limit of tokens of a reply when it differs from the run's: a reasoning model thinks within the same limit. */
  readonly maxTokens?: number;
  /** Answer of the constant: the median (number) or the most frequent answer (string_check) of the training answers where known, else of the test answers. */
  readonly constant?: string;
  /** Origin of the constant in words: `median of 500 training answers`. */
  readonly constantSource?: string;
  /** Answers of a free floor that is no constant, by item; in the order of `TestItem.index`. */
  readonly answers?: readonly string[];
  /** Recorded answers of a model, which is not asked any more: its rows are in the run from its beginning. */
  readonly recorded?: RecordedAnswers;
  /** Whether the evaluation file names this free floor among its contestants; others are shown apart. */
  readonly listed?: boolean;
}

/** Run whose rows are the recorded answers of a model. */
export interface RecordedAnswers {
  /** Id of that run. */
  readonly run: string;
  /** Name of the model, as its provider spelled it. */
  readonly model: string;
  /** Unix milliseconds of its beginning. */
  readonly at: number;
}

/** What a run that judges a replacement was told beforehand. */
export interface Replacement {
  /** Difference within which the two models are equal, in the unit of the metric; shares from 0 to 1. */
  readonly margin: number;
  /** Temperature at which the answers were recorded: at 0 a model is taken to repeat itself. */
  readonly temperature: number;
  /** Items of the test file that have no recorded answer, and are not part of the run. */
  readonly unrecorded: number;
}

/** Row of a test file, prepared for requests: the messages never contain the answer. */
export interface TestItem {
  /** Index from 0, in the order of the file. */
  readonly index: number;
  /** Line in the test file, from 1. */
  readonly line: number;
  /** First distinguishing words of the last user message, for tables. */
  readonly title: string;
  /** Messages to send: the conversation before the answer, then the answer prefix as an assistant message when one is used. */
  readonly messages: readonly ChatMessage[];
  /** Whole answer as written in the file. */
  readonly truth: string;
}

/** Thresholds of the first contestant; `vsBaseline` is about its comparison with the baseline. */
export interface Pass {
  readonly metrics: Partial<Readonly<Record<Metric, { readonly min?: number; readonly max?: number }>>>;
  readonly vsBaseline: 'not worse' | 'better' | null;
}

export interface RunConfig {
  /** Version of this shape. */
  readonly v: 1;
  readonly id: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Name of the run in the tree and the panel: the test file's name. */
  readonly name: string;
  readonly testFile: { readonly path: string; readonly sha256: string; readonly items: number };
  readonly contestants: readonly Contestant[];
  readonly grader: GraderType;
  readonly graderOptions?: GraderOptions;
  readonly sampling: Sampling;
  /** Answer prefix, e.g. `Price is $`; null when the prompts end with the user's message. */
  readonly answerPrefix: string | null;
  /** Most concurrent requests; fewer while the provider limits them. */
  readonly concurrency: number;
  /** Requests for each row, 1 when absent; the row has the median of their numbers, else the most frequent answer. */
  readonly samples?: number;
  /** Milliseconds that the requests for one reply to a row may take together, 120,000 when absent; past it the row is an error `timeout`. */
  readonly deadlineMs?: number;
  /** Seeded random order in which the items are asked; absent: the order of the file. */
  readonly order?: { readonly seed: number };
  /** Id of the contestant that the others are compared with. */
  readonly baseline?: string;
  /** Whether a contestant is no longer asked once its comparison with the baseline is decided; the baseline is asked last then. */
  readonly stopEarly?: boolean;
  /** Job that this run was started from, when there is one. */
  readonly jobId?: string;
  /** Absolute path of the training file that the evaluation names, in which the nearest examples of a row are looked up. */
  readonly trainingFile?: string;
  /** Beginning that all answers of the test file share; a number in it is not the one that is asked for. */
  readonly truthPrefix?: string;
  /** Reader of the numbers in replies and answers; absent in runs of earlier versions, which read by the lesson's rule. */
  readonly numberReader?: NumberReader;
  /** Items in the training file of the model's job; absent when that file is unknown. */
  readonly trainedOn?: TrainedOn;
  /** Metric that was named before the run; the grader's first one when absent. */
  readonly primary?: Metric;
  /** Difference that matters as a share of the better contestant's figure; 0.1 when absent. */
  readonly matters?: number;
  /** Thresholds of the evaluation file; absent without any. */
  readonly pass?: Pass;
  /** Of a run that judges a replacement of the baseline, whose answers were recorded. */
  readonly replacement?: Replacement;
  /** Hash of all that makes a run another one: test file, prompts, models, grader, sampling. Of runs from an evaluation file. */
  readonly fingerprint?: string;
}

/** Reader of numbers (`readNumber`), recorded so that a run keeps its figures when a later version reads otherwise. */
export interface NumberReader {
  readonly version: 2;
  /** Mark that the answers of the test file show. */
  readonly decimalMark: DecimalMark;
}

/** Overlap of a test file with the training file of the model, in items. */
export interface TrainedOn {
  /** Items equal to an example, or with the same question and another answer. */
  readonly same: number;
  /** Items nearly equal to an example. */
  readonly near: number;
}

/** Tokens of a request as the provider counted them. */
export interface TokenUsage {
  readonly input: number;
  /** Tokens of the reply, those of its reasoning included. */
  readonly output: number;
  readonly reasoning?: number;
}

/** One of several replies for a row, graded by itself. */
export interface RowSample {
  readonly sample: string;
  readonly finishReason?: string;
  readonly status: 'graded' | 'no-number' | 'ungradable';
  readonly guess: number | string | null;
  readonly error: number | null;
  readonly colour: Colour | null;
  /** Numbers by the lesson's rule, as in a row. */
  readonly lesson?: { readonly guess: number | null; readonly truth: number | null };
  readonly usage?: TokenUsage;
  readonly ms?: number;
}

export type Colour = 'green' | 'orange' | 'red';

/** Graded sample: contestant × item. */
export interface RowResult {
  readonly contestant: string;
  /** Index of the item (`TestItem.index`). */
  readonly item: number;
  /**
   * State of the row. `graded`; `no-number`: a reply without a number; `error`: the request failed, *Resume* tries again; `ungradable`:
   * the expected answer gives nothing to compare with, so no model was asked.
   */
  readonly status: 'graded' | 'no-number' | 'error' | 'ungradable';
  /** Reply of the model as received; null when the request failed. */
  readonly sample: string | null;
  readonly finishReason?: string;
  /** Guess. Number grader: the number taken from the reply. String check: the trimmed reply. Null when there is none. */
  readonly guess: number | string | null;
  /** Truth. Number grader: the number in the answer. String check: the trimmed answer. */
  readonly truth: number | string;
  /** Error |guess − truth| in the answer's unit; null without a number or with string check. */
  readonly error: number | null;
  /** Color; null without one (errors, rows that cannot be graded). Rows without a number are red in the lesson's figure and their own class here. */
  readonly colour: Colour | null;
  /** Numbers by the lesson's rule, where it reads others; null where it reads none. */
  readonly lesson?: { readonly guess: number | null; readonly truth: number | null };
  /** Sentence about the failure when status is `error`. */
  readonly message?: string;
  /** Class of the failure when status is `error`, e.g. `moderated`; rows of older versions have none. */
  readonly code?: string;
  /** Tokens of all requests for the row; absent when the provider does not tell, for cached rows, and in older versions. */
  readonly usage?: TokenUsage;
  /** Milliseconds of the request, the median of several; absent for cached rows and in older versions. */
  readonly ms?: number;
  /** Answered from an identical request of the run, without one of its own. */
  readonly cached?: true;
  /** Replies when several were asked for, in the order of their arrival. */
  readonly samples?: readonly RowSample[];
}

/** Figures of one contestant over its rows. Money and number units are those of the answers. */
export interface ContestantReport {
  readonly contestant: string;
  /** Number of answered rows (graded + without number). */
  readonly n: number;
  readonly noNumber: number;
  readonly errors: number;
  /** Number of rows whose expected answer cannot be graded; in no other figure. */
  readonly ungradable: number;
  /** Mean error |guess − truth| over rows with a number; null when there is none. */
  readonly meanError: number | null;
  /** Mean error by the lesson: a reply without a number counts as the guess 0. */
  readonly lessonMeanError: number | null;
  readonly medianError: number | null;
  readonly rmsle: number | null;
  readonly lessonRmsle: number | null;
  /** Share of green rows among answered ones, 0…1. */
  readonly hits: number | null;
  /** Number of correct rows (green), for counts beside shares. */
  readonly green: number;
  readonly orange: number;
  readonly red: number;
}

/** `stopped-early`: the comparisons were decided before all rows were asked. */
export type RunStatus = 'running' | 'cancelled' | 'interrupted' | 'paused' | 'finished' | 'stopped-early';
