// Results of reading a file at once, or in parts by several threads: the same either way.
import { hasSystemMessage } from '../core/dataset/check/gradedRow.ts';
import { createAnswerCollector, type AnswerState } from '../core/dataset/report/answers.ts';
import type { CheckedLine } from '../core/dataset/check/checkedLine.ts';
import { createChecker, type CheckOptions, type CheckState } from '../core/dataset/check/checker.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { answerOf } from '../core/dataset/identity.ts';
import type { RawLine } from '../core/jsonl/lines.ts';
import { createLineCounter, exampleTokens, type ExampleCount, type TokenCounter } from '../core/tokens/count.ts';
import type { DatasetCheck, DatasetSummary, DatasetTokens } from '../protocol/datasetWorker.ts';
import { createKeeper, type KeptFindings } from './keeper.ts';
import { trainedAs } from './measurable.ts';

/** Takes the lines of a file in order; its state at the end of a part is joined to that of the part before. */
export interface Accumulator<State> {
  /** False when the rest of the file has no meaning. */
  line(line: RawLine): boolean;
  /** Tells whether the next line may show that the lines so far are not a dataset. */
  readonly undecided: boolean;
  readonly stopped: boolean;
  /** Plain values. */
  state(): State;
  /** The state of the lines that follow those so far. */
  join(state: State): void;
}

/** Task of a thread for its part of a file. */
export type PartTask =
  | { readonly kind: 'check'; readonly options: CheckSettings }
  | { readonly kind: 'inspect'; readonly countTokens: boolean }
  | { readonly kind: 'tokens' };

/** `counter` is called when it is needed: loading it takes 50 ms. */
export function accumulatorOf(task: PartTask, counter: () => TokenCounter, continues: boolean): Accumulator<unknown> {
  switch (task.kind) {
    case 'check':
      return createCheck(task.options, { count: (text) => counter().count(text), reset: () => undefined }, continues);
    case 'inspect':
      return createInspection(task.countTokens ? counter() : null, continues);
    case 'tokens':
      return createTokenSum(counter(), continues);
  }
}

export interface CheckSettings {
  readonly forTraining: boolean;
  readonly limit: number;
  readonly graderFields: readonly string[] | null;
}

interface CheckingState {
  readonly checker: CheckState;
  readonly dataset: boolean;
  readonly kept: KeptFindings;
  readonly other: KeptFindings;
}

/** Problems of any file of JSON lines, whatever its rows are. */
const SHAPE_CODES: ReadonlySet<string> = new Set([
  'csv',
  'json-array',
  'json-spread',
  'utf-16',
  'utf-32',
  'not-utf8',
  'git-lfs-pointer',
  'compressed-file',
  'spreadsheet',
  'parquet',
  'web-page',
  'other-file',
]);

/** A broken row that was meant as an example; keys may lack their quotes or have single ones. */
const MEANT = /\b(?:messages|role|content|prompt|completion|conversations|instruction)["']?\s*:/;

export function isMeant(checked: CheckedLine): boolean {
  if (checked.kind !== null && checked.kind !== 'unknown') return true;
  // Last, because the text of a good row is made on first use.
  return (
    (checked.findings.length > 0 || checked.pending === true) &&
    checked.text !== null &&
    MEANT.test(checked.text.slice(0, 10_000))
  );
}

/** Keeps the findings that apply to a row of a file that is not a dataset. */
function asOther(finding: Finding): Finding[] {
  if (SHAPE_CODES.has(finding.code)) return [finding];
  return finding.code.startsWith('json-') || finding.code === 'nul-character'
    ? [{ ...finding, severity: 'information' }]
    : [];
}

export interface Check extends Accumulator<CheckingState> {
  /** `more`: findings from elsewhere. */
  result(more: readonly Finding[]): DatasetCheck;
}

export function createCheck(settings: CheckSettings, counter: TokenCounter, continues = false): Check {
  const { forTraining, limit, graderFields } = settings;
  const options: CheckOptions = {
    accept: 'any',
    counter,
    continues,
    ...(forTraining ? {} : { minExamples: 0 }),
    ...(graderFields === null ? {} : { graderFields }),
  };
  const checker = createChecker(options);
  const kept = createKeeper(limit);
  const other = createKeeper(limit);
  let lines = 0;
  let dataset = false;
  return {
    get undecided() {
      return checker.undecided;
    },
    get stopped() {
      return checker.stopped;
    },
    line(line) {
      lines += 1;
      const checked = checker.line(line);
      dataset ||= isMeant(checked);
      kept.add(checked.findings);
      if (!dataset) other.add(checked.findings.flatMap(asOther));
      return !checker.stopped;
    },
    state: () => ({ checker: checker.state(), dataset, kept: kept.state(), other: other.state() }),
    join(state) {
      const more = checker.join(state.checker);
      kept.join(state.kept, lines, more);
      other.join(state.other, lines, []);
      dataset ||= state.dataset;
      lines += state.checker.lines;
    },
    result(more) {
      const end = checker.end();
      // An empty document is not a mistake.
      kept.add(end.findings.filter(({ code }) => code !== 'empty-file'));
      if (!dataset) other.add(end.findings.flatMap(asOther));
      const chosen = dataset ? kept : other;
      chosen.add(more);
      return { dataset, kind: end.kind, examples: end.examples, ...chosen.result() };
    },
  };
}

/** Most findings that are sent; more are counted, because users read only the first few. */
const MAX_FINDINGS = 1000;

interface InspectionState {
  readonly checker: CheckState;
  readonly kept: KeptFindings;
  readonly answers: AnswerState;
  readonly systemRows: number;
  readonly tokens: number;
  readonly toolTokens: number;
  readonly estimated: boolean;
  /** Examples whose tokens were counted. */
  readonly counted: number;
}

export interface Inspection extends Accumulator<InspectionState> {
  /** Joining has lost what the result needs: it has to be made in one reading. */
  readonly lost: boolean;
  result(bytes: number, sha256: string): DatasetSummary;
}

export function createInspection(counter: TokenCounter | null, continues = false): Inspection {
  const checker = createChecker({ continues });
  const countLine = counter === null ? null : createTrainedCounter(counter);
  // Without the encoding four characters make about one token of English.
  const answers = createAnswerCollector((text) => (counter === null ? text.length / 4 : counter.count(text).tokens));
  const kept = createKeeper(MAX_FINDINGS);
  let lines = 0;
  let tokens = 0;
  let toolTokens = 0;
  let estimated = false;
  let counted = 0;
  let systemRows = 0;
  return {
    get undecided() {
      return checker.undecided;
    },
    get stopped() {
      return checker.stopped;
    },
    get lost() {
      return answers.textLost;
    },
    line(line) {
      lines += 1;
      const checked = checker.line(line);
      kept.add(checked.findings);
      const { messages } = checked;
      if (messages !== null) answers.add(messages.text(messages.count - 1));
      else if (checked.example !== null) answers.add(answerOf(checked.example) ?? '');
      if (checked.kind === 'reinforcement' && hasSystemMessage(checked.text ?? '')) systemRows += 1;
      const count = countLine?.(checked) ?? null;
      if (count !== null) {
        tokens += count.tokens;
        toolTokens += count.toolTokens ?? 0;
        estimated ||= count.estimated;
        counted += 1;
      }
      // All bytes are hashed.
      return true;
    },
    state: () => ({
      checker: checker.state(),
      kept: kept.state(),
      answers: answers.state(),
      systemRows,
      tokens,
      toolTokens,
      estimated,
      counted,
    }),
    join(state) {
      kept.join(state.kept, lines, checker.join(state.checker));
      answers.join(state.answers);
      systemRows += state.systemRows;
      tokens += state.tokens;
      toolTokens += state.toolTokens;
      estimated ||= state.estimated;
      counted += state.counted;
      lines += state.checker.lines;
    },
    result(bytes, sha256) {
      kept.add(checker.late());
      const end = checker.end();
      // Findings about the whole file come first and are never cut off; then the errors.
      const { findings, findingCount, errorCount } = kept.result(MAX_FINDINGS - end.findings.length);
      // Tokens of half a file are no figure.
      const isCounted = counted > 0 && counted === end.examples;
      return {
        examples: end.examples,
        bytes,
        sha256,
        tokens: isCounted ? tokens : null,
        tokensEstimated: estimated,
        ...(isCounted && toolTokens > 0 ? { toolTokens } : {}),
        findings: [...end.findings, ...findings],
        findingCount: findingCount + end.findings.length,
        errorCount: errorCount + end.findings.filter(({ severity }) => severity === 'error').length,
        answers: answers.figures(),
        systemRows,
      };
    },
  };
}

/** Counts the tokens that a checked line is trained with, whatever its kind; null for a line that is no example. */
function createTrainedCounter(counter: TokenCounter): (line: CheckedLine) => ExampleCount | null {
  const countLine = createLineCounter(counter);
  return (line) => {
    const count = countLine(line);
    if (count !== null || line.kind === null || line.kind === 'chat') return count;
    const counts = trainedAs(line).map((example) => exampleTokens(example, counter));
    if (counts.length === 0) return null;
    const sum = (pick: (one: ExampleCount) => number): number => counts.reduce((all, one) => all + pick(one), 0);
    return {
      tokens: sum(({ tokens }) => tokens),
      estimated: true,
      toolTokens: sum(({ toolTokens = 0 }) => toolTokens),
    };
  };
}

interface TokenSumState extends DatasetTokens {
  readonly lines: number;
}

export interface TokenSum extends Accumulator<TokenSumState> {
  result(): DatasetTokens;
}

export function createTokenSum(counter: TokenCounter, continues = false): TokenSum {
  const checker = createChecker({ accept: 'any', minExamples: 0, continues });
  const countLine = createTrainedCounter(counter);
  let lines = 0;
  let tokens = 0;
  let estimated = false;
  let examples = 0;
  let longest = 0;
  let longestLine = 0;
  const result = (): DatasetTokens => ({ tokens, estimated, examples, longest, longestLine });
  return {
    get undecided() {
      return checker.undecided;
    },
    get stopped() {
      return checker.stopped;
    },
    line(line) {
      lines += 1;
      const count = countLine(checker.line(line));
      if (count === null) return !checker.stopped;
      tokens += count.tokens;
      estimated ||= count.estimated;
      examples += 1;
      if (count.tokens > longest) {
        longest = count.tokens;
        longestLine = line.number;
      }
      return true;
    },
    state: () => ({ ...result(), lines }),
    join(state) {
      tokens += state.tokens;
      estimated ||= state.estimated;
      examples += state.examples;
      if (state.longest > longest) {
        longest = state.longest;
        longestLine = lines + state.longestLine;
      }
      lines += state.lines;
    },
    result,
  };
}
