import type { TokenCounter } from '../../tokens/count.ts';
import type { Finding } from '../finding.ts';
import type { ExampleKind } from '../kind.ts';
import type { DifferencesState } from './differences.ts';
import type { FormState } from './formTally.ts';
import type { KindCount } from './kindTally.ts';

export interface CheckOptions {
  /** 0 switches the rule off (a test file may be short). Default 10. */
  readonly minExamples?: number;
  /** `chat` (default): other kinds are errors, because nothing can be trained on them here. `any`: each by its own rules. */
  readonly accept?: 'chat' | 'any';
  /** Counts the tokens of lines that have more bytes than the context has tokens. Without one, examples that are too long are not reported. */
  readonly counter?: TokenCounter | null;
  /** Default 65,536. */
  readonly contextTokens?: number;
  /** Default 512 MiB. */
  readonly maxFileBytes?: number;
  /** True for lines after the beginning of a file: their `state` is joined to the checker of the lines before. */
  readonly continues?: boolean;
  /** Fields a grader reads from the rows (`graderFields`); their presence makes the file one for reinforcement. */
  readonly graderFields?: readonly string[];
}

export interface CheckEnd {
  /** About the whole file, and about lines that only the rest of the file shows to be wrong. */
  readonly findings: readonly Finding[];
  /** Non-blank lines. */
  readonly examples: number;
  /** Lines that are examples to train on. */
  readonly valid: number;
  /** The kind of most rows; null when no line is an object. */
  readonly kind: ExampleKind | null;
}

/** State of a part of a file for the findings at the end of the file, as plain values. Lines from 1. */
export interface CheckState {
  readonly lines: number;
  readonly examples: number;
  readonly valid: number;
  readonly fileBytes: number;
  readonly crlfLine: number;
  readonly blankLines: readonly number[];
  readonly kinds: readonly KindCount[];
  readonly forms: FormState;
  /** About its last lines, which no later line belongs to. */
  readonly late: readonly Finding[];
  readonly differences: DifferencesState;
}
