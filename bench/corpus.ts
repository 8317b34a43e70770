import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createRandom, type Random } from '../src/core/base/random.ts';

// The rows that datasets are measured with: text that people wrote, put together anew, so that words, their frequencies
// and what stands between them are those of real text, and nothing needs to be downloaded.

/** Of the words taken from the installed packages' documentation; more changes nothing. */
const MAX_WORDS = 400_000;
/** Longer ones are data in disguise: keys, hashes, pictures. */
const MAX_WORD = 30;
const ROWS_KEPT = 500;

export interface CorpusOptions {
  readonly rows: number;
  readonly seed: number;
}

export interface Corpus {
  readonly bytes: number;
  readonly rows: number;
}

interface Parts {
  readonly question: string;
  readonly words: readonly string[];
  readonly answer: string;
}

/**
 * Files that came with the packages this project names, relative to `nodeModules` and in order. What begins with a point is left out: the
 * peers that a section installs lie there, and the next run would measure with their texts.
 */
export function packageFiles(nodeModules: string): string[] {
  return readdirSync(nodeModules, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('.'))
    .sort();
}

/** Sentences of the installed packages' documentation, without code, tables, link targets and change logs. */
export function proseWords(nodeModules: string): string[] {
  const words: string[] = [];
  const files = packageFiles(nodeModules).filter(
    (name) => /\.md$/i.test(name) && !/change|history|release/i.test(path.basename(name)),
  );
  for (const name of files) {
    let code = false;
    for (const line of readFileSync(path.join(nodeModules, name), 'utf8').split('\n')) {
      if (/^\s*(?:```|~~~)/.test(line)) code = !code;
      else if (!code && !/^(?: {4}|\t|\s*[|<[])/.test(line)) {
        const text = line.replace(/\]\([^)]*\)|\]\[[^\]]*\]/g, '').replace(/[[\]#*`]+/g, '');
        for (const word of text.split(/\s+/))
          if (word !== '' && word.length <= MAX_WORD && !/:\/\/|.@.|\uFFFD/.test(word)) words.push(word);
      }
    }
    if (words.length >= MAX_WORDS) break;
  }
  return words.slice(0, MAX_WORDS);
}

const OTHER_SCRIPTS = [
  'größer als üblich, für Küche und Bäder',
  '“quoted”, l’été à la française — déjà vu',
  '尺寸：高30厘米，重量約2公斤',
  'サイズは約10センチ、色は赤',
  '크기는 30센티미터, 무게는 2킬로그램',
  'Размер и вес указаны на упаковке',
  '😀 👍🏽 ★★★★☆ ½ × ¾″',
];

function number(random: Random): string {
  const digits = random.integer(10_000);
  switch (random.integer(6)) {
    case 0:
      return `${String(digits / 100)}"`;
    case 1:
      return `${String(random.integer(40))}-1/${String(2 ** (1 + random.integer(3)))}`;
    case 2:
      return `${String.fromCharCode(65 + random.integer(26), 65 + random.integer(26))}-${String(digits)}`;
    case 3:
      return `$${String(digits)}.${String(10 + random.integer(90))}`;
    case 4:
      return `${String(digits)}mm`;
    default:
      return String(digits);
  }
}

/** The beginning of one word and the end of another: what names and slips are to a reader. */
function newWord(random: Random, source: readonly string[]): string {
  const letters = (): string => random.pick(source).replace(/[^A-Za-z]/g, '');
  const word =
    letters().slice(0, 2 + random.integer(4)) +
    letters()
      .slice(-2 - random.integer(4))
      .toLowerCase();
  return word === '' ? random.pick(source) : word;
}

/**
 * Chat rows of 1.56 kB on average: a system message, a description put together from runs of 2 to 12 words of real
 * text, with five numbers and two new words among a hundred words, other scripts in a twentieth of the rows, and a price. Of a hundred rows two are
 * copies of an earlier one, three such with up to a dozen words changed, and one with another answer.
 */
export function writeCorpus(file: string, source: readonly string[], options: CorpusOptions): Corpus {
  const random = createRandom(options.seed);
  const kept: Parts[] = [];
  const fresh = (): Parts => {
    const words: string[] = [];
    const wanted = 900 + random.integer(700);
    let length = 0;
    while (length < wanted) {
      const run = 2 + random.integer(11);
      const start = random.integer(source.length - run);
      for (let k = 0; k < run; k += 1) {
        const kind = random.integer(100);
        const word = kind < 5 ? number(random) : kind < 7 ? newWord(random, source) : (source[start + k] ?? '');
        words.push(random.integer(40) === 0 ? `${word}\n` : word);
        length += word.length + 1;
      }
    }
    if (random.integer(20) === 0) words.splice(random.integer(words.length), 0, random.pick(OTHER_SCRIPTS));
    return {
      question: 'How much does this cost to the nearest dollar?',
      words,
      answer: `Price is $${String(random.integer(900))}.${String(10 + random.integer(90))}`,
    };
  };
  const next = (): Parts => {
    const kind = kept.length < ROWS_KEPT ? 100 : random.integer(100);
    if (kind < 2) return random.pick(kept);
    if (kind < 5) {
      const { question, words, answer } = random.pick(kept);
      const edited = [...words];
      for (let n = 1 + random.integer(12); n > 0; n -= 1)
        edited[random.integer(edited.length)] = source[random.integer(source.length)] ?? '';
      return { question, words: edited, answer };
    }
    if (kind < 6) return { ...random.pick(kept), answer: `Price is $${String(1000 + random.integer(900))}.00` };
    return fresh();
  };
  const handle = openSync(file, 'w');
  let bytes = 0;
  let held = '';
  for (let n = 0; n < options.rows; n += 1) {
    const row = next();
    if (kept.length < ROWS_KEPT) kept.push(row);
    else if (random.integer(50) === 0) kept[random.integer(ROWS_KEPT)] = row;
    const { question, words, answer } = row;
    held += `${JSON.stringify({
      messages: [
        {
          role: 'system',
          content:
            'You estimate prices of items. Reply only with the price, no explanation, as a sentence like the examples.',
        },
        { role: 'user', content: `${question}\n\n${words.join(' ')}` },
        { role: 'assistant', content: answer },
      ],
    })}\n`;
    if (held.length > 1 << 20 || n === options.rows - 1) {
      bytes += writeSync(handle, held);
      held = '';
    }
  }
  closeSync(handle);
  return { bytes, rows: options.rows };
}
