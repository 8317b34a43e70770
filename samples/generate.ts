// Writes samples/workspace. `node samples/generate.ts [folder]`; the same bytes every time.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../src/core/base/random.ts';
import { chatLine, distinct, type Example } from './lib/chat.ts';
import { drawProduct, PRICE_SYSTEM } from './lib/prices.ts';
import { README } from './lib/readme.ts';
import { drawMessage, TOPIC_SYSTEM } from './lib/topics.ts';

/** File name → content. No prompt comes twice, neither within a file nor across files. */
export function sampleFiles(): ReadonlyMap<string, string> {
  const products = createRandom(20260907);
  const messages = createRandom(20260908);
  return new Map([
    ...parts('prices', PRICE_SYSTEM, { train: 500, validation: 100, test: 250 }, (count) =>
      distinct(count, () => drawProduct(products)),
    ),
    ...parts('topics', TOPIC_SYSTEM, { train: 240, validation: 60, test: 80 }, (count) =>
      distinct(count, () => drawMessage(messages)),
    ),
    ['README.md', README],
  ]);
}

function parts(
  name: string,
  system: string,
  sizes: Readonly<Record<string, number>>,
  draw: (count: number) => readonly Example[],
): readonly (readonly [string, string])[] {
  const all = draw(Object.values(sizes).reduce((sum, size) => sum + size, 0));
  let from = 0;
  return Object.entries(sizes).map(([part, size]) => {
    const lines = all.slice(from, from + size).map(({ prompt, answer }) => `${chatLine(system, prompt, answer)}\n`);
    from += size;
    return [`${name}.${part}.jsonl`, lines.join('')] as const;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? fileURLToPath(new URL('workspace', import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of sampleFiles()) writeFileSync(join(folder, name), content);
}
