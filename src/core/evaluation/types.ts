import type { ChatMessage } from '../dataset/example.ts';

/** `number`: the number in the reply against the number in the answer (the lesson's tester). `string_check`: exact match after trimming. */
export type GraderType = 'number' | 'string_check';

export interface Sampling {
  readonly temperature: number;
  readonly maxTokens: number;
  readonly seed: number;
}

/** Parameters that some models refuse. */
export type SamplingParameter = 'temperature' | 'seed' | 'max_tokens';

export type ContestantKind = 'fine-tuned' | 'base' | 'constant';

export interface Contestant {
  /** Unique within the run. */
  readonly id: string;
  readonly kind: ContestantKind;
  /** What the tables show, e.g. `pricer`, `gpt-4o-mini base`, `constant median`. */
  readonly label: string;
  /** Where it is asked; absent for the constant. */
  readonly connectionId?: string;
  readonly model?: string;
  /** Parameters that are not sent, since the model refuses them; `max_tokens` goes under its new name, `max_completion_tokens`. */
  readonly leftOut?: readonly SamplingParameter[];
  /** Tokens of a reply when they are others than those of the run: a reasoning model thinks within the same limit. */
  readonly maxTokens?: number;
  /** What the constant always answers: the median (number) or the most frequent answer (string_check) of the training answers where known, else of the test answers. */
  readonly constant?: string;
  /** Where the constant was taken from, in words: `median of 500 training answers`. */
  readonly constantSource?: string;
}

/** One row of a test file, made ready to be asked: the messages never contain the answer. */
export interface TestItem {
  /** From 0, in the order of the file. */
  readonly index: number;
  /** Line in the test file, from 1. */
  readonly line: number;
  /** First words of the last user message that set this row apart, for tables. */
  readonly title: string;
  /** What is sent: the conversation before the answer, then the answer prefix as an assistant message when one is used. */
  readonly messages: readonly ChatMessage[];
  /** The whole answer as it stands in the file. */
  readonly truth: string;
}

export interface RunConfig {
  /** Version of this shape. */
  readonly v: 1;
  readonly id: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** What the tree and the panel call the run: the test file's name. */
  readonly name: string;
  readonly testFile: { readonly path: string; readonly sha256: string; readonly items: number };
  readonly contestants: readonly Contestant[];
  readonly grader: GraderType;
  readonly sampling: Sampling;
  /** E.g. `Price is $`; null when the prompts end with the user's message. */
  readonly answerPrefix: string | null;
  /** How many requests are under way at once. */
  readonly concurrency: number;
  /** The job this run was started from, when there is one. */
  readonly jobId?: string;
  /** The beginning that all answers of the test file share; a number in it is not the one that is asked for. */
  readonly truthPrefix?: string;
  /** Items that are in the training file of the model's job; absent when that file is not known. */
  readonly trainedOn?: TrainedOn;
}

/** Overlap of a test file with what the model was trained on, in items. */
export interface TrainedOn {
  /** The same example, or the same question with another answer. */
  readonly same: number;
  /** Nearly the same. */
  readonly near: number;
}

export type Colour = 'green' | 'orange' | 'red';

/** One graded sample: contestant × item. */
export interface RowResult {
  readonly contestant: string;
  /** `TestItem.index`. */
  readonly item: number;
  /**
   * `graded`; `no-number`: a reply without a number; `error`: the request failed, *Resume* tries again; `ungradable`: the expected
   * answer gives nothing to compare with, so nobody was asked.
   */
  readonly status: 'graded' | 'no-number' | 'error' | 'ungradable';
  /** The model's reply as received; null when the request failed. */
  readonly sample: string | null;
  readonly finishReason?: string;
  /** Number grader: the number taken from the reply. String check: the trimmed reply. Null when there is none. */
  readonly guess: number | string | null;
  /** Number grader: the number in the answer. String check: the trimmed answer. */
  readonly truth: number | string;
  /** |guess − truth| in the answer's unit; null without a number or with string check. */
  readonly error: number | null;
  /** Null while there is nothing to colour (errors, rows that cannot be graded). Rows without a number are red in the lesson's figure and their own class here. */
  readonly colour: Colour | null;
  /** One sentence when status is `error`. */
  readonly message?: string;
  /** Class of the failure when status is `error`, e.g. `moderated`; rows of older versions have none. */
  readonly code?: string;
}

/** Figures of one contestant over its rows. Money and number units are those of the answers. */
export interface ContestantReport {
  readonly contestant: string;
  /** Rows answered (graded + without number). */
  readonly n: number;
  readonly noNumber: number;
  readonly errors: number;
  /** Rows whose expected answer cannot be graded; in no other figure. */
  readonly ungradable: number;
  /** Mean |guess − truth| over rows with a number; null when there is none. */
  readonly meanError: number | null;
  /** The lesson's figure: a reply without a number counts as the guess 0. */
  readonly lessonMeanError: number | null;
  readonly medianError: number | null;
  readonly rmsle: number | null;
  readonly lessonRmsle: number | null;
  /** Share of green rows among answered ones, 0…1. */
  readonly hits: number | null;
  /** Correct rows (green), for counts beside shares. */
  readonly green: number;
  readonly orange: number;
  readonly red: number;
}

export type RunStatus = 'running' | 'cancelled' | 'interrupted' | 'paused' | 'finished';
