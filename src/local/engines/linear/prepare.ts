import type { ChatExample, ChatMessage } from '../../../core/dataset/example.ts';
import { textOf } from '../../../core/dataset/example.ts';
import type { PromptFrame, RawFeatures } from './features.ts';
import { extractFeatures, lastUserText, lineKey } from './features.ts';
import type { Piece } from './pieces.ts';
import { toPieces, valueOf } from './pieces.ts';

/** One answer to be learned, and the prompt before it. An example of several turns has several. */
export interface Target {
  readonly features: RawFeatures;
  readonly pieces: readonly Piece[];
  /** o200k tokens of the answer and one for its end. */
  readonly tokens: number;
}

export interface PreparedExample {
  readonly targets: readonly Target[];
}

interface Turn {
  readonly prompt: readonly ChatMessage[];
  readonly answer: string;
}

/** Assistant messages that are trained on: all with text, unless their weight is 0. */
export function turnsOf(example: ChatExample): Turn[] {
  const turns: Turn[] = [];
  for (const [index, message] of example.messages.entries()) {
    if (message.role !== 'assistant' || message.weight === 0) continue;
    const answer = textOf(message);
    if (answer !== '') turns.push({ prompt: example.messages.slice(0, index), answer });
  }
  return turns;
}

/** Lines of the last user message that nine of ten examples share. */
export function frameOf(examples: readonly ChatExample[]): PromptFrame {
  const counts = new Map<string, number>();
  let prompts = 0;
  for (const example of examples) {
    for (const { prompt } of turnsOf(example)) {
      prompts += 1;
      const lines = lastUserText(prompt).split('\n').map(lineKey);
      for (const line of new Set(lines)) if (line !== '') counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  }
  return {
    commonLines: new Set(
      [...counts].filter(([, count]) => count >= 0.9 * prompts && prompts > 2).map(([line]) => line),
    ),
  };
}

/** Numbers are names when there are few different ones, without decimals, each said often: grades, classes, yes and no. */
export function numbersAreNames(examples: readonly ChatExample[]): boolean {
  const counts = new Map<number, number>();
  let total = 0;
  for (const example of examples) {
    for (const { answer } of turnsOf(example)) {
      for (const piece of toPieces(answer, false)) {
        if (piece.kind !== 'number') continue;
        if (piece.fraction !== '') return false;
        total += 1;
        counts.set(valueOf(piece), (counts.get(valueOf(piece)) ?? 0) + 1);
      }
    }
  }
  return total > 0 && counts.size <= 20 && total >= 8 * counts.size;
}

export function prepare(example: ChatExample, frame: PromptFrame, numbersAsWords: boolean): PreparedExample {
  return {
    targets: turnsOf(example).map(({ prompt, answer }) => {
      const pieces = toPieces(answer, numbersAsWords);
      return {
        features: extractFeatures(prompt, frame),
        pieces,
        tokens: pieces.reduce((sum, piece) => sum + piece.tokens, 1),
      };
    }),
  };
}
