import { callsJson, TOKENS_PER_EXAMPLE, TOKENS_PER_MESSAGE, toolsJson, type TokenCounter } from '../../tokens/count.ts';
import { hasOtherParts, textOf, type ChatExample } from '../example.ts';
import { hashNumber } from '../identity.ts';
import { createAnswerCollector } from './answers.ts';
import { numberSpread, type NumberSpread } from './numberBars.ts';
import { MAX_ROW_LINES, RowCollector, rowLines, type Bar, type Mark, type RowLines } from './rowLines.ts';

export interface Spread {
  readonly count: number;
  readonly total: number;
  readonly mean: number;
  /** Median with the rows nearest to it. */
  readonly median: Mark;
  /** 95th percentile with the rows at or above it. */
  readonly p95: Mark;
  readonly smallest: Mark;
  readonly largest: Mark;
  readonly bars: readonly Bar[];
}

export interface Frequent {
  /** Beginning of the answer, at most 200 UTF-16 units. */
  readonly text: string;
  readonly rows: RowLines;
}

export interface RoleFigure {
  readonly role: string;
  readonly messages: number;
  readonly tokens: number;
  /** Rows with such a message. */
  readonly rows: RowLines;
}

/** Statistics in the report of a file; every figure links to its lines. */
export interface DatasetStatistics {
  readonly examples: RowLines;
  /** Tokens billed for one epoch: 1 + Σ messages (4 + tokens). */
  readonly tokens: number;
  /** Examples, those with the most tokens first. */
  readonly longest: RowLines;
  /** Examples that the formula does not fully cover (tools, images, very long runs). */
  readonly estimated: RowLines;
  /** Spread of the tokens; null without examples. */
  readonly tokensPerExample: Spread | null;
  /** Tokens of the answers (last assistant messages); null when there is none. */
  readonly answerTokens: Spread | null;
  /** Numbers in the answers; null when they are not numbers. */
  readonly answerNumbers: NumberSpread | null;
  readonly messagesPerExample: Spread | null;
  /** First row of each answer. */
  readonly distinctAnswers: RowLines;
  /** Ten most frequent answers that occur more than once. */
  readonly frequentAnswers: readonly Frequent[];
  readonly roles: readonly RoleFigure[];
  /** Examples longer than each requested limit, whose end is cut off. */
  readonly overLimit: readonly { readonly limit: number; readonly rows: RowLines }[];
}

/** Collects statistics example by example; keeps a few numbers and a hash per example, and the beginnings of repeated answers. */
export interface StatisticsCollector {
  /** Adds an example and returns its tokens. */
  add(line: number, example: Pick<ChatExample, 'messages' | 'tools' | 'functions'>): number;
  figures(): DatasetStatistics;
}

const BARS = 20;
const MAX_FREQUENT = 10;
const SHOWN_LENGTH = 200;

interface Repeated {
  readonly text: string;
  readonly rows: RowCollector;
}

/** Creates a collector. `limits`: contexts of models, in tokens. */
export function createStatistics(counter: TokenCounter, limits: readonly number[] = []): StatisticsCollector {
  const lines: number[] = [];
  const tokens: number[] = [];
  const messageCounts: number[] = [];
  const answerLines: number[] = [];
  const answerTokens: number[] = [];
  const collected = createAnswerCollector(() => 0);
  const roles = new Map<string, { messages: number; tokens: number; rows: RowCollector }>();
  /** Answers by hash: the line of one seen once, or the beginning and rows of a repeated one. */
  const answers = new Map<number, number | Repeated>();
  const over = limits.map((limit) => ({ limit, rows: new RowCollector() }));
  const estimated = new RowCollector();

  let lastTools = '';
  let lastToolTokens = 0;
  const countTools = (json: string): number => {
    // Most rows declare the tools of the row before.
    if (json !== lastTools) {
      lastTools = json;
      lastToolTokens = counter.count(json).tokens;
    }
    return lastToolTokens;
  };

  const noteAnswer = (line: number, text: string): void => {
    const trimmed = text.trim();
    const key = hashNumber(trimmed);
    const known = answers.get(key);
    if (known === undefined) answers.set(key, line);
    else if (typeof known === 'number') {
      // The text is kept only after the answer repeats.
      const rows = new RowCollector();
      rows.add(known);
      rows.add(line);
      answers.set(key, { text: trimmed.slice(0, SHOWN_LENGTH).replace(/[\uD800-\uDBFF]$/, ''), rows });
    } else known.rows.add(line);
  };

  return {
    add(line, example) {
      let sum = TOKENS_PER_EXAMPLE;
      let answer: { readonly tokens: number; readonly text: string } | null = null;
      const tools = toolsJson(example);
      if (tools !== '') sum += countTools(tools);
      let uncovered = tools !== '';
      for (const message of example.messages) {
        const text = textOf(message);
        const counted = counter.count(text);
        const calls = callsJson(message);
        const own = counted.tokens + (calls === '' ? 0 : counter.count(calls).tokens);
        uncovered ||= counted.estimated || calls !== '' || hasOtherParts(message.content);
        sum += TOKENS_PER_MESSAGE + own;
        let role = roles.get(message.role);
        if (role === undefined) {
          role = { messages: 0, tokens: 0, rows: new RowCollector() };
          roles.set(message.role, role);
        }
        role.messages += 1;
        role.tokens += own;
        role.rows.add(line);
        if (message.role === 'assistant') answer = { tokens: own, text };
      }
      lines.push(line);
      tokens.push(sum);
      messageCounts.push(example.messages.length);
      if (uncovered) estimated.add(line);
      for (const { limit, rows } of over) if (sum > limit) rows.add(line);
      if (answer === null) return sum;
      answerLines.push(line);
      answerTokens.push(answer.tokens);
      collected.add(answer.text);
      // A tool call without text holds nothing to compare here.
      if (answer.text.trim() !== '') noteAnswer(line, answer.text);
      return sum;
    },
    figures() {
      const frequent = [...answers.values()]
        .filter((known) => typeof known !== 'number')
        .map(({ text, rows }) => ({ text, rows: rows.rows() }))
        .sort((a, b) => b.rows.count - a.rows.count);
      return {
        examples: rowLines(lines),
        tokens: tokens.reduce((sum, count) => sum + count, 0),
        longest: longestFirst(tokens, lines),
        estimated: estimated.rows(),
        tokensPerExample: spread(tokens, lines),
        answerTokens: spread(answerTokens, answerLines),
        answerNumbers:
          collected.figures().proposedGrader === 'number' ? numberSpread(collected.numbers(), answerLines) : null,
        messagesPerExample: spread(messageCounts, lines),
        distinctAnswers: firstOfEach(answers),
        frequentAnswers: frequent.slice(0, MAX_FREQUENT),
        roles: [...roles]
          .map(([role, figure]) => ({ role, ...figure, rows: figure.rows.rows() }))
          .sort((a, b) => b.messages - a.messages),
        overLimit: over.map(({ limit, rows }) => ({ limit, rows: rows.rows() })),
      };
    },
  };
}

function firstOfEach(answers: ReadonlyMap<number, number | Repeated>): RowLines {
  const lines: number[] = [];
  for (const known of answers.values()) {
    if (lines.length === MAX_ROW_LINES) break;
    lines.push(typeof known === 'number' ? known : (known.rows.rows().lines[0] ?? 0));
  }
  return { count: answers.size, lines };
}

function longestFirst(tokens: readonly number[], lines: readonly number[]): RowLines {
  const order = Uint32Array.from(tokens, (_, index) => index).sort(
    (a, b) => (tokens[b] ?? 0) - (tokens[a] ?? 0) || a - b,
  );
  return { count: lines.length, lines: Array.from(order.subarray(0, MAX_ROW_LINES), (index) => lines[index] ?? 0) };
}

/** Spread of whole numbers; `lines` holds the line of each. Null for none. */
function spread(values: readonly number[], lines: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const low = sorted[0] ?? 0;
  const high = sorted[sorted.length - 1] ?? 0;
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
  const p95 = sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))] ?? 0;
  const total = values.reduce((sum, value) => sum + value, 0);
  const where = (holds: (value: number) => boolean): RowLines => {
    const rows = new RowCollector();
    values.forEach((value, index) => {
      if (holds(value)) rows.add(lines[index] ?? 0);
    });
    return rows.rows();
  };
  return {
    count: values.length,
    total,
    mean: total / values.length,
    median: { value: median, rows: where((value) => value === upper) },
    p95: { value: p95, rows: where((value) => value >= p95) },
    smallest: { value: low, rows: where((value) => value === low) },
    largest: { value: high, rows: where((value) => value === high) },
    bars: bars(values, lines, low, high),
  };
}

/** Bars of a histogram, about twenty, of a round width (1, 2 or 5 times a power of ten). */
function bars(values: readonly number[], lines: readonly number[], low: number, high: number): readonly Bar[] {
  const raw = Math.max(1, (high - low + 1) / BARS);
  const power = 10 ** Math.floor(Math.log10(raw));
  const width = [1, 2, 5, 10].map((step) => step * power).find((step) => step >= raw) ?? raw;
  const first = Math.floor(low / width);
  const result: { from: number; to: number; rows: RowCollector }[] = [];
  for (let bar = first; bar * width <= high; bar += 1)
    result.push({ from: bar * width, to: (bar + 1) * width, rows: new RowCollector() });
  values.forEach((value, index) => {
    result[Math.floor(value / width) - first]?.rows.add(lines[index] ?? 0);
  });
  return result.map(({ from, to, rows }) => ({ from, to, rows: rows.rows() }));
}
