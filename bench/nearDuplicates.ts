import { createDuplicateFinder } from '../src/core/dataset/compare/duplicates.ts';
import { rowOf } from '../src/core/dataset/compare/row.ts';
import { createRandom } from '../src/core/base/random.ts';
import type { Row } from './table.ts';

const FAMILIES = 800;
const MOST_EDITED = 0.2;

interface Member {
  readonly family: number;
  readonly text: string;
  /** Of five characters each. */
  readonly shingles: ReadonlySet<string>;
}

/**
 * Texts of real words in families: each member is an earlier one with up to a fifth of its words changed, dropped or put
 * in. Whether a row is nearly the same as an earlier one is told by the exact similarity of sets of strings; texts of
 * two families share next to nothing.
 */
export async function nearDuplicateRow(source: readonly string[], seed: number): Promise<Row> {
  const random = createRandom(seed);
  const members: Member[] = [];
  const add = (family: number, words: readonly string[]): void => {
    const text = words.join(' ').toLowerCase().replace(/\s+/g, ' ').trim();
    const whole = `${text} yes`;
    const shingles = new Set(Array.from({ length: whole.length - 4 }, (_, at) => whole.slice(at, at + 5)));
    members.push({ family, text: words.join(' '), shingles });
  };
  for (let family = 0; family < FAMILIES; family += 1) {
    const start = random.integer(source.length - 400);
    // From a sentence to a page.
    const first = Array.from({ length: 15 + random.integer(20) ** 2 }, () => random.pick(source));
    if (family % 2 === 0) first.splice(0, first.length, ...source.slice(start, start + first.length));
    const drafts = [first];
    add(family, first);
    for (let n = random.integer(6); n > 0; n -= 1) {
      const rate = random.next() * MOST_EDITED;
      const edited = random.pick(drafts).flatMap((word) => {
        if (random.next() >= rate) return [word];
        const other = random.pick(source);
        return [[other], [], [word, other]][random.integer(3)] ?? [word];
      });
      drafts.push(edited);
      add(family, edited);
    }
  }
  const rows = random.shuffle(members);
  const lines = rows.map(({ text }) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: text },
        { role: 'assistant', content: 'Yes' },
      ],
    }),
  );
  const finder = createDuplicateFinder();
  lines.forEach((line, index) => {
    const row = rowOf(line);
    if (row !== null) finder.add(index + 1, row);
  });
  const { near, exact } = await finder.finish((line) => lines[line - 1] ?? null);
  const wanted = wantedLines(rows, new Set(exact.map(({ line }) => line)));
  const found = new Set(near.map(({ line }) => line));
  const right = [...found].filter((line) => wanted.has(line)).length;
  const precision = right / found.size;
  const recall = right / wanted.size;
  return {
    name: 'near duplicates',
    figure: `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
    goal: '≥ 0.95 each',
    met: precision >= 0.95 && recall >= 0.95,
    note: `${String(wanted.size)} of ${String(rows.length)} rows are nearly an earlier one by exact Jaccard`,
  };
}

function wantedLines(rows: readonly Member[], exact: ReadonlySet<number>): ReadonlySet<number> {
  const families = new Map<number, Member[]>();
  const wanted = new Set<number>();
  rows.forEach((row, index) => {
    const before = families.get(row.family) ?? [];
    if (before.some((other) => isNear(row, other)) && !exact.has(index + 1)) wanted.add(index + 1);
    if (!exact.has(index + 1)) families.set(row.family, [...before, row]);
  });
  return wanted;
}

/** The documented thresholds: 0.8, and 0.9 of texts from 400 characters on; other numbers are another question. */
function isNear(a: Member, b: Member): boolean {
  const length = (text: string): number => text.length + ' yes'.length;
  if (Math.min(length(a.text), length(b.text)) < 60) return false;
  const numberless = (text: string): string => text.toLowerCase().replace(/\d+/g, '0').replace(/\s+/g, ' ');
  if (numberless(a.text) === numberless(b.text)) return false;
  let shared = 0;
  for (const shingle of a.shingles) if (b.shingles.has(shingle)) shared += 1;
  const similarity = shared / (a.shingles.size + b.shingles.size - shared);
  return similarity >= (Math.min(length(a.text), length(b.text)) < 400 ? 0.8 : 0.9);
}
