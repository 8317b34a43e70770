import { TOKENS_PER_EXAMPLE, TOKENS_PER_MESSAGE, type TokenCounter } from '../tokens/count.ts';
import { CONTEXT_TOKENS } from './check.ts';
import { textOf, type ChatExample } from './example.ts';
import { hashNumber } from './identity.ts';

/** A bar of a histogram: from (inclusive) to (exclusive), and a line to look at. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** First line of the file that is in it. */
  readonly line: number;
}

export interface Spread {
  readonly count: number;
  readonly total: number;
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly smallest: { readonly value: number; readonly line: number };
  readonly largest: { readonly value: number; readonly line: number };
  readonly bars: readonly Bar[];
}

export interface Frequent {
  /** Beginning of the answer, at most 200 UTF-16 units. */
  readonly text: string;
  readonly count: number;
  /** First lines that have it, ten at most. */
  readonly lines: readonly number[];
}

export interface RoleFigure {
  readonly role: string;
  readonly messages: number;
  readonly tokens: number;
  /** Rows that have such a message. */
  readonly rows: number;
  /** First line that has one. */
  readonly line: number;
}

/** What the report of a chat file shows; every figure has a line to go to. */
export interface DatasetStatistics {
  readonly examples: number;
  /** Billed for one epoch: 1 + Σ messages (4 + tokens). */
  readonly tokens: number;
  /** Some of it is not covered by the formula (tools, images). */
  readonly estimated: boolean;
  /** Null without examples. */
  readonly tokensPerExample: Spread | null;
  /** Tokens of the answers (last assistant messages). */
  readonly answerTokens: Spread | null;
  readonly messagesPerExample: Spread | null;
  readonly distinctAnswers: number;
  /** The ten most frequent answers that come more than once. */
  readonly frequentAnswers: readonly Frequent[];
  readonly roles: readonly RoleFigure[];
  /** Examples longer than the context: their end is cut off. */
  readonly overLimit: { readonly limit: number; readonly count: number; readonly lines: readonly number[] };
}

/** Fed example by example; keeps three numbers and a hash an example, and the beginnings of answers that repeat. */
export interface StatisticsCollector {
  add(line: number, example: ChatExample): void;
  figures(): DatasetStatistics;
}

const BARS = 20;
const MAX_FREQUENT = 10;
const MAX_LINES = 10;
const MAX_OVER = 1000;
const SHOWN_LENGTH = 200;

export function createStatistics(counter: TokenCounter, contextTokens: number = CONTEXT_TOKENS): StatisticsCollector {
  const lines: number[] = [];
  const tokens: number[] = [];
  const answerTokens: number[] = [];
  const messageCounts: number[] = [];
  const roles = new Map<string, { messages: number; tokens: number; rows: number; line: number }>();
  const answers = new Map<number, { count: number; text: string; lines: number[] }>();
  const over: number[] = [];
  let overCount = 0;
  let estimated = false;

  return {
    add(line, example) {
      let sum = TOKENS_PER_EXAMPLE;
      let answer = 0;
      let answerText = '';
      const seen = new Set<string>();
      estimated ||= (example.tools?.length ?? 0) > 0;
      for (const message of example.messages) {
        const text = textOf(message);
        const counted = counter.count(text);
        estimated ||= counted.estimated || message.tool_calls !== undefined || typeof message.content === 'object';
        sum += TOKENS_PER_MESSAGE + counted.tokens;
        let role = roles.get(message.role);
        if (role === undefined) {
          role = { messages: 0, tokens: 0, rows: 0, line };
          roles.set(message.role, role);
        }
        role.messages += 1;
        role.tokens += counted.tokens;
        if (!seen.has(message.role)) role.rows += 1;
        seen.add(message.role);
        if (message.role === 'assistant') {
          answer = counted.tokens;
          answerText = text;
        }
      }
      lines.push(line);
      tokens.push(sum);
      answerTokens.push(answer);
      messageCounts.push(example.messages.length);
      if (sum > contextTokens) {
        overCount += 1;
        if (over.length < MAX_OVER) over.push(line);
      }
      const trimmed = answerText.trim();
      const key = hashNumber(trimmed);
      const known = answers.get(key);
      if (known === undefined) answers.set(key, { count: 1, text: '', lines: [line] });
      else {
        known.count += 1;
        // The text is kept only once the answer is seen to repeat.
        if (known.count === 2) known.text = trimmed.slice(0, SHOWN_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
        if (known.lines.length < MAX_LINES) known.lines.push(line);
      }
    },
    figures() {
      const frequent = [...answers.values()].filter(({ count }) => count > 1).sort((a, b) => b.count - a.count);
      return {
        examples: lines.length,
        tokens: tokens.reduce((sum, count) => sum + count, 0),
        estimated,
        tokensPerExample: spread(tokens, lines),
        answerTokens: spread(answerTokens, lines),
        messagesPerExample: spread(messageCounts, lines),
        distinctAnswers: answers.size,
        frequentAnswers: frequent.slice(0, MAX_FREQUENT),
        roles: [...roles].map(([role, figure]) => ({ role, ...figure })).sort((a, b) => b.messages - a.messages),
        overLimit: { limit: contextTokens, count: overCount, lines: over },
      };
    },
  };
}

/** Figures of whole numbers; `lines` says where each stands. Null for none. */
export function spread(values: readonly number[], lines: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const low = sorted[0] ?? 0;
  const high = sorted[sorted.length - 1] ?? 0;
  const middle = sorted.length >> 1;
  const total = values.reduce((sum, value) => sum + value, 0);
  const lineOf = (value: number): number => lines[values.indexOf(value)] ?? 0;
  return {
    count: values.length,
    total,
    mean: total / values.length,
    median: sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2,
    p95: at(0.95),
    smallest: { value: low, line: lineOf(low) },
    largest: { value: high, line: lineOf(high) },
    bars: bars(values, lines, low, high),
  };
}

/** About twenty bars of a round width (1, 2 or 5 times a power of ten). */
function bars(values: readonly number[], lines: readonly number[], low: number, high: number): readonly Bar[] {
  const raw = Math.max(1, (high - low + 1) / BARS);
  const power = 10 ** Math.floor(Math.log10(raw));
  const width = [1, 2, 5, 10].map((step) => step * power).find((step) => step >= raw) ?? raw;
  const first = Math.floor(low / width);
  const result: { from: number; to: number; count: number; line: number }[] = [];
  for (let bar = first; bar * width <= high; bar += 1)
    result.push({ from: bar * width, to: (bar + 1) * width, count: 0, line: 0 });
  values.forEach((value, index) => {
    const bar = result[Math.floor(value / width) - first];
    if (bar === undefined) return;
    if (bar.count === 0) bar.line = lines[index] ?? 0;
    bar.count += 1;
  });
  return result;
}
