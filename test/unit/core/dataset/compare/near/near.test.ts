import { describe, expect, it } from 'vitest';
import { createDuplicateFinder } from '../../../../../../src/core/dataset/compare/duplicates.ts';
import { createLeakageFinder } from '../../../../../../src/core/dataset/compare/leakage.ts';
import { rowOf, type DataRow } from '../../../../../../src/core/dataset/compare/row.ts';
import { jaccard, shingleSet } from '../../../../../../src/core/dataset/compare/near/shingles.ts';
import { nearThreshold } from '../../../../../../src/core/dataset/compare/near/thresholds.ts';
import { createRandom } from '../../../../../../src/core/base/random.ts';

/** Rows of random words; half of them are an earlier one with up to a quarter of its words replaced. */
function planted(words: number, count: number, seed: number): readonly string[] {
  const random = createRandom(seed);
  const word = (): string =>
    Array.from({ length: 2 + random.integer(8) }, () => String.fromCharCode(97 + random.integer(26))).join('');
  const vocabulary = Array.from({ length: 3000 }, word);
  const texts: string[][] = [];
  for (let i = 0; i < count; i += 1) {
    if (i > count / 10 && random.next() < 0.5) {
      const rate = random.next() * 0.25;
      texts.push(random.pick(texts).map((same) => (random.next() < rate ? random.pick(vocabulary) : same)));
    } else texts.push(Array.from({ length: words + random.integer(words) }, () => random.pick(vocabulary)));
  }
  return texts.map((text) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: text.join(' ') },
        { role: 'assistant', content: 'Yes' },
      ],
    }),
  );
}

const rowsOf = (lines: readonly string[]): readonly DataRow[] =>
  lines.map((line) => rowOf(line)).filter((row) => row !== null);

/** Whether some earlier row (or a row of `others`) is nearly the same by exact comparison of every pair. */
function truth(rows: readonly DataRow[], others?: readonly DataRow[]): ReadonlySet<number> {
  const texts = rows.map(({ wholeText }) => ({ text: wholeText, set: shingleSet(wholeText) }));
  const against = others?.map(({ wholeText }) => ({ text: wholeText, set: shingleSet(wholeText) }));
  const found = new Set<number>();
  texts.forEach((a, i) => {
    const exact = rows[i]?.exact;
    for (const [j, b] of (against ?? texts.slice(0, i)).entries()) {
      if ((others ?? rows)[j]?.exact === exact) {
        found.delete(i + 1);
        return;
      }
      if (jaccard(a.set, b.set) >= nearThreshold(a.text, b.text)) found.add(i + 1);
    }
  });
  return found;
}

function scores(found: ReadonlySet<number>, wanted: ReadonlySet<number>): { precision: number; recall: number } {
  const both = [...found].filter((line) => wanted.has(line)).length;
  return { precision: both / found.size, recall: both / wanted.size };
}

describe('near duplicates against exact comparison of all pairs', () => {
  it.each([
    [12, 1],
    [30, 2],
    [45, 3],
    [60, 4],
    [150, 5],
    [400, 6],
  ])(
    'texts of about %i words (seed %i)',
    async (words, seed) => {
      const lines = planted(words, 500, seed);
      const rows = rowsOf(lines);
      const finder = createDuplicateFinder();
      rows.forEach((row, index) => {
        finder.add(index + 1, row);
      });
      const report = await finder.finish((line) => lines[line - 1] ?? null);
      const wanted = truth(rows);
      expect(wanted.size).toBeGreaterThan(20);
      const { precision, recall } = scores(new Set(report.near.map(({ line }) => line)), wanted);
      expect(precision).toBeGreaterThanOrEqual(0.95);
      expect(recall).toBeGreaterThanOrEqual(0.95);
      // Comparing all pairs takes long on a busy machine.
    },
    60_000,
  );

  it('between two files', async () => {
    const lines = planted(50, 600, 7);
    const [first, second] = [lines.slice(0, 300), lines.slice(300)];
    const finder = createLeakageFinder();
    rowsOf(first).forEach((row, index) => {
      finder.other(index + 1, row);
    });
    rowsOf(second).forEach((row, index) => {
      finder.check(index + 1, row);
    });
    const leaks = await finder.finish(
      (line) => second[line - 1] ?? null,
      (line) => first[line - 1] ?? null,
    );
    const wanted = truth(rowsOf(second), rowsOf(first));
    const near = new Set(leaks.filter(({ code }) => code === 'leakage-near').map(({ line }) => line));
    const { precision, recall } = scores(near, wanted);
    // Rows whose prompt alone is nearly the same are leaks too.
    expect(precision).toBeGreaterThanOrEqual(0.9);
    expect(recall).toBeGreaterThanOrEqual(0.95);
  });

  it('a thousand copies of nearly one text end in one finding each, in moderate time', async () => {
    const base = Array.from(
      { length: 60 },
      (_, n) => `word${String.fromCharCode(97 + (n % 26))}${String.fromCharCode(97 + (n % 7))}`,
    );
    const lines = Array.from({ length: 1000 }, (_, n) => {
      const words = [...base];
      words[n % 60] = `other${String.fromCharCode(97 + (n % 26), 97 + (n % 25), 97 + (n % 23))}`;
      return JSON.stringify({
        messages: [
          { role: 'user', content: words.join(' ') },
          { role: 'assistant', content: 'Yes' },
        ],
      });
    });
    const finder = createDuplicateFinder();
    rowsOf(lines).forEach((row, index) => {
      finder.add(index + 1, row);
    });
    const { near, exact } = await finder.finish((line) => lines[line - 1] ?? null);
    expect(near.length + exact.length).toBeGreaterThan(950);
    expect(near.length + exact.length).toBeLessThan(1000);
  });

  it('may be cancelled while it verifies', async () => {
    const lines = planted(30, 300, 9);
    const finder = createDuplicateFinder();
    rowsOf(lines).forEach((row, index) => {
      finder.add(index + 1, row);
    });
    await expect(finder.finish((line) => lines[line - 1] ?? null, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});
