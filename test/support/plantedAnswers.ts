// Files with answers that are known to be wrong, for whatever looks for suspicious ones.
import { readFileSync } from 'node:fs';
import { createRandom } from '../../src/core/base/random.ts';
import type { ChatExample } from '../../src/core/dataset/example.ts';
import { answerOf as answerIn } from '../../src/core/dataset/identity.ts';
import { readNumber } from '../../src/core/evaluation/readNumber.ts';

export interface PlantedFile {
  readonly examples: readonly ChatExample[];
  /** Places of the examples whose answers were changed. */
  readonly planted: ReadonlySet<number>;
}

export function readExamples(file: string): readonly ChatExample[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as ChatExample);
}

export function answerOf(example: ChatExample): string {
  return answerIn(example) ?? '';
}

export function withAnswer(example: ChatExample, answer: string): ChatExample {
  return { ...example, messages: [...example.messages.slice(0, -1), { role: 'assistant', content: answer }] };
}

/** Gives a share of the examples another one of the answers. */
export function plantFlips(examples: readonly ChatExample[], share: number, seed: number): PlantedFile {
  const answers = [...new Set(examples.map(answerOf))];
  return plant(examples, share, seed, (answer, random) => {
    const others = answers.filter((one) => one !== answer);
    return others[random.integer(others.length)] ?? answer;
  });
}

/** Multiplies the numbers of a share of the answers by 10, 0.1 or 100. */
export function plantFactors(examples: readonly ChatExample[], share: number, seed: number): PlantedFile {
  return plant(examples, share, seed, (answer, random) => {
    const factor = [10, 0.1, 100][random.integer(3)] ?? 1;
    return answer.replace(/\d[\d.,]*/, ((readNumber(answer) ?? 0) * factor).toFixed(2));
  });
}

function plant(
  examples: readonly ChatExample[],
  share: number,
  seed: number,
  change: (answer: string, random: ReturnType<typeof createRandom>) => string,
): PlantedFile {
  const random = createRandom(seed);
  const places = random.shuffle(examples.map((_, index) => index)).slice(0, Math.round(share * examples.length));
  const planted = new Set(places);
  return {
    planted,
    examples: examples.map((example, index) =>
      planted.has(index) ? withAnswer(example, change(answerOf(example), random)) : example,
    ),
  };
}

/** Mean of the precision at each planted row of a ranking, the most suspicious first. */
export function averagePrecision(order: readonly number[], planted: ReadonlySet<number>): number {
  let found = 0;
  let sum = 0;
  for (const [at, index] of order.entries()) {
    if (!planted.has(index)) continue;
    found += 1;
    sum += found / (at + 1);
  }
  return sum / planted.size;
}
