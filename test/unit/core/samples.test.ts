import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sampleFiles } from '../../../samples/generate.ts';
import { TOPICS } from '../../../samples/lib/topics.ts';
import { createChecker } from '../../../src/core/dataset/check/checker.ts';
import type { ChatExample } from '../../../src/core/dataset/example.ts';
import { answerOf, promptKey } from '../../../src/core/dataset/identity.ts';
import { linesOfText } from '../../../src/core/jsonl/lines.ts';
import { extractNumber } from '../../../src/core/evaluation/extractNumber.ts';

const folder = fileURLToPath(new URL('../../../samples/workspace', import.meta.url));
const files = sampleFiles();

function examplesOf(name: string): readonly ChatExample[] {
  const checker = createChecker();
  const checked = [...linesOfText(files.get(name) ?? '')].map((line) => checker.line(line));
  expect([...checked.flatMap(({ findings }) => findings), ...checker.end().findings]).toEqual([]);
  return checked.flatMap(({ example }) => (example === null ? [] : [example]));
}

describe('the sample workspace', () => {
  it('is what the generator writes, byte for byte', () => {
    for (const [name, content] of files)
      expect(readFileSync(`${folder}/${name}`, 'utf8').replaceAll('\r\n', '\n') === content, name).toBe(true);
    expect(
      readdirSync(folder)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual([...files.keys()].sort());
  });

  it.each([
    ['prices.train.jsonl', 500],
    ['prices.validation.jsonl', 100],
    ['prices.test.jsonl', 250],
    ['topics.train.jsonl', 240],
    ['topics.validation.jsonl', 60],
    ['topics.test.jsonl', 80],
  ])('%s has %i clean rows', (name, rows) => {
    expect(examplesOf(name)).toHaveLength(rows);
  });

  it('asks nothing twice, neither in a file nor across files', () => {
    const all = [...files.keys()].filter((name) => name.endsWith('.jsonl')).flatMap(examplesOf);
    expect(new Set(all.map(promptKey)).size).toBe(all.length);
  });

  it('has prices that differ, and topics that are all there', () => {
    const prices = examplesOf('prices.train.jsonl').map((example) => answerOf(example) ?? '');
    for (const price of prices) expect(price).toMatch(/^Price is \$\d+\.\d\d$/);
    const numbers = prices.map((price) => extractNumber(price) ?? 0);
    expect(Math.min(...numbers)).toBeGreaterThan(2);
    expect(Math.max(...numbers)).toBeLessThan(1500);
    expect(new Set(prices).size).toBeGreaterThan(250);
    expect(new Set(examplesOf('topics.test.jsonl').map(answerOf))).toEqual(new Set(TOPICS));
  });

  it('fills every slot', () => {
    for (const [name, content] of files)
      if (name.endsWith('.jsonl')) expect(content.replaceAll('"', ''), name).not.toMatch(/\{\w+\}|undefined|NaN/);
  });
});
