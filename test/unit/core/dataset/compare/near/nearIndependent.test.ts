// Near duplicates against a second opinion: texts of sentences, edits that are planted on purpose, and an exact Jaccard of
// its own over plain strings. The definition is that of docs/dataset-rules.md; nothing of the implementation is used to judge it.
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDuplicateFinder } from '../../../../../../src/core/dataset/compare/duplicates.ts';
import { createLeakageFinder } from '../../../../../../src/core/dataset/compare/leakage.ts';
import { rowOf } from '../../../../../../src/core/dataset/compare/row.ts';

/** Another one each time, in the name of the test; `TUNING_FORK_NEAR_SEED` repeats one. */
const SEED = Number(process.env['TUNING_FORK_NEAR_SEED'] ?? Date.now() % 2 ** 31);

/** mulberry32 by Tommy Ettinger (public domain): not the generator that the product shuffles with. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SUBJECTS =
  'the courier|a night nurse|our landlord|the baker next door|my older cousin|the new intern|an honest plumber|the ferry captain|a retired judge|the choir|their accountant|a stubborn goat|the museum guard|the orchestra|a tax adviser|the gardener'.split(
    '|',
  );
const VERBS =
  'delivered|misplaced|repaired|described|borrowed|photographed|refused|returned|measured|painted|sold|forgot|inspected|weighed|hid|praised|translated|recorded'.split(
    '|',
  );
const OBJECTS =
  'a cracked teapot|the winter coat|two wooden ladders|an old map|the copper kettle|a letter from Lisbon|the spare key|seven umbrellas|a box of lemons|the ship model|a violin case|the blue carpet|an unpaid invoice|the garden hose|a jar of honey|the portrait'.split(
    '|',
  );
const ENDS =
  'before the rain began|without telling anyone|during the long meeting|near the railway bridge|on a quiet Sunday|after the second phone call|for a very small price|in front of the whole street|while the dog was asleep|because nobody else would|under the kitchen table|at the end of the season'.split(
    '|',
  );

interface Texts {
  readonly lines: readonly string[];
  /** Chat rows of question and answer as the documentation compares them. */
  readonly compared: readonly string[];
  readonly answers: readonly string[];
}

function texts(count: number, sentences: number, random: () => number): Texts {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const word = (): string =>
    pick(pick([SUBJECTS, VERBS, OBJECTS, ENDS]))
      .split(' ')
      .at(-1) ?? '';
  // Half of the texts have words that no other has, as real ones do; sentences of one grammar alone are all alike.
  const own = (): string =>
    Array.from({ length: 4 + Math.floor(random() * 6) }, () =>
      String.fromCharCode(97 + Math.floor(random() * 26)),
    ).join('');
  const sentence = (): string => `${pick(SUBJECTS)} ${own()} ${pick(VERBS)} ${pick(OBJECTS)} ${own()} ${pick(ENDS)}.`;
  const questions: string[] = [];
  const answers: string[] = [];
  for (let n = 0; n < count; n += 1) {
    if (n > count / 5 && random() < 0.7) {
      const of = Math.floor(random() * questions.length);
      let words = (questions[of] ?? '').split(' ');
      // From nothing at all to a fifth of the words, more often few: on both sides of the border.
      for (
        let edits = Math.floor(random() * random() * 0.2 * words.length) + (random() < 0.2 ? 0 : 1);
        edits > 0;
        edits -= 1
      ) {
        const at = Math.floor(random() * words.length);
        switch (Math.floor(random() * 4)) {
          case 0:
            words[at] = word();
            break;
          case 1:
            words.splice(at, 1);
            break;
          case 2:
            words.splice(at, 0, own());
            break;
          default:
            words = [...words.slice(0, at), ...words.slice(at, at + 2).reverse(), ...words.slice(at + 2)];
        }
      }
      questions.push(words.join(' '));
      answers.push(random() < 0.9 ? (answers[of] ?? '') : pick(['yes', 'no', 'maybe']));
    } else {
      questions.push(Array.from({ length: 1 + Math.floor(random() * sentences) }, sentence).join(' '));
      answers.push(pick(['yes', 'no', 'maybe']));
    }
  }
  return {
    lines: questions.map((content, n) =>
      JSON.stringify({
        messages: [
          { role: 'user', content },
          { role: 'assistant', content: answers[n] },
        ],
      }),
    ),
    compared: questions.map((question, n) =>
      `${question} ${answers[n] ?? ''}`.toLowerCase().replace(/\s+/g, ' ').trim(),
    ),
    answers,
  };
}

const shinglesOf = (text: string): ReadonlySet<string> => {
  const set = new Set<string>();
  for (let at = 0; at + 5 <= text.length; at += 1) set.add(text.slice(at, at + 5));
  return set;
};
function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const shingle of a) if (b.has(shingle)) shared += 1;
  return shared / (a.size + b.size - shared);
}

/** Lines that are nearly an earlier one, by comparing all pairs: 80 %, 90 % for texts from 400 characters. */
function judged(
  { compared, answers }: Texts,
  isOther: (line: number) => boolean,
  isChecked: (line: number) => boolean,
) {
  const sets = compared.map(shinglesOf);
  const near = new Set<number>();
  const exact = new Set<number>();
  compared.forEach((text, n) => {
    if (!isChecked(n)) return;
    for (let other = 0; other < (isOther(n) ? n : compared.length); other += 1) {
      if (!isOther(other)) continue;
      const earlier = compared[other] ?? '';
      if (text === earlier) exact.add(n + 1);
      if (text.length < 60 || earlier.length < 60 || answers[n] !== answers[other]) continue;
      const enough = Math.min(text.length, earlier.length) < 400 ? 0.8 : 0.9;
      if (similarity(sets[n] ?? new Set(), sets[other] ?? new Set()) >= enough) near.add(n + 1);
    }
  });
  for (const line of exact) near.delete(line);
  return near;
}

function scores(found: ReadonlySet<number>, wanted: ReadonlySet<number>): { precision: number; recall: number } {
  const both = [...found].filter((line) => wanted.has(line)).length;
  return { precision: both / found.size, recall: both / wanted.size };
}

describe.each([
  ['short texts', 3, 600],
  ['texts on both sides of 400 characters', 8, 400],
  ['long texts', 25, 250],
])('near duplicates planted in %s', (_name, sentences, count) => {
  const random = generator(SEED + sentences);
  let made: Texts;
  beforeAll(() => {
    made = texts(count, sentences, random);
  });

  it(`are found in one file, and nothing else is (seed ${String(SEED)})`, async () => {
    const finder = createDuplicateFinder();
    made.lines.forEach((line, index) => {
      const row = rowOf(line);
      if (row !== null) finder.add(index + 1, row);
    });
    const report = await finder.finish((line) => made.lines[line - 1] ?? null);
    const wanted = judged(
      made,
      () => true,
      () => true,
    );
    expect(wanted.size).toBeGreaterThan(40);
    const { precision, recall } = scores(new Set(report.near.map(({ line }) => line)), wanted);
    expect(precision).toBeGreaterThanOrEqual(0.95);
    expect(recall).toBeGreaterThanOrEqual(0.95);
  });

  it(`are found between two files (seed ${String(SEED)})`, async () => {
    const half = made.lines.length / 2;
    const finder = createLeakageFinder();
    made.lines.forEach((line, index) => {
      const row = rowOf(line);
      if (row === null) return;
      if (index < half) finder.other(index + 1, row);
      else finder.check(index + 1, row);
    });
    const load = (line: number): string | null => made.lines[line - 1] ?? null;
    const leaks = await finder.finish(load, load);
    const wanted = judged(
      made,
      (n) => n < half,
      (n) => n >= half,
    );
    expect(wanted.size).toBeGreaterThan(15);
    // An equal or nearly equal prompt with another answer is a leak too, and is told as one.
    const found = new Set(leaks.filter(({ code }) => code !== 'leakage-exact').map(({ line }) => line));
    expect([...wanted].filter((line) => found.has(line)).length / wanted.size).toBeGreaterThanOrEqual(0.95);
    for (const { line, code } of leaks) if (code === 'leakage-exact') expect(wanted.has(line)).toBe(false);
  });
});
