import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineTitle, rowTitles } from '../../../../src/core/dataset/rowTitles.ts';
import { cpuMs } from '../../../support/cpuTime.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];

const titles = (...questions: readonly string[]): readonly string[] => questions.map(rowTitles(questions));
const ESTIMATE = 'Estimate the typical retail price of this product in US dollars: ';

describe('titles of rows', () => {
  it('begin after the beginning that all rows share', () => {
    expect(titles(`${ESTIMATE}a red kettle, 1 l`, `${ESTIMATE}a blue lamp`, `${ESTIMATE}socks`)).toEqual([
      'a red kettle, 1 l',
      'a blue lamp',
      'socks',
    ]);
  });

  it('begin after a first line that all rows share, however short', () => {
    expect(
      titles('How much is it?\n\nA red kettle\nIt is red.', 'How much is it?\r\n\r\nA blue kettle, large'),
    ).toEqual(['A red kettle', 'A blue kettle, large']);
  });

  it('begin after a label that all rows have', () => {
    expect(titles('Title: kettle', 'Title: lamp')).toEqual(['kettle', 'lamp']);
    expect(titles('Price it.\n- name: kettle\n- color: red', 'Price it.\n- name: lamp\n- color: red')).toEqual([
      'kettle',
      'lamp',
    ]);
  });

  it('keep a short beginning in words, which leaves enough to tell rows by', () => {
    expect(titles('How much is thing 1?', 'How much is thing 12?')).toEqual([
      'How much is thing 1?',
      'How much is thing 12?',
    ]);
  });

  it('find several templates in one file', () => {
    const things = ['kettle', 'lamp', 'sock', 'chair'];
    const french = (thing: string): string => `Translate the following name into French for our shop: ${thing}`;
    const rows = [...things.map((thing) => `${ESTIMATE}${thing}`), ...things.map(french), 'Who wrote Faust?'];
    expect(titles(...rows)).toEqual([...things, ...things, 'Who wrote Faust?']);
  });

  it('show rows with the same text alike, and not as nothing', () => {
    const same = `${ESTIMATE}a red kettle`;
    expect(titles(same, same, same)).toEqual([lineTitle(same), lineTitle(same), lineTitle(same)]);
    expect(titles(same, same, `${ESTIMATE}a lamp`)).toEqual(['a red kettle', 'a red kettle', 'a lamp']);
  });

  it.each([
    ['a word', 'the price of a kettledrum', 'the price of a kettle', ['kettledrum', 'kettle']],
    ['a number', 'the catalog number 1,299.50', 'the catalog number 1,299.75', ['1,299.50', '1,299.75']],
    ['a sum of money', 'the sum that is owed: $12', 'the sum that is owed: $130', ['$12', '$130']],
    ['a negative number', 'the temperature outside: -5', 'the temperature outside: -51', ['-5', '-51']],
    ['a quotation', 'the meaning of it is "ab c"', 'the meaning of it is "ad c"', ['"ab c"', '"ad c"']],
  ])('are whole where the shared beginning ends in %s', (_what, one, two, expected) => {
    expect(titles(`Tell me ${one}`, `Tell me ${two}`)).toEqual(expected);
  });

  it('keep emoji and letters with marks whole', () => {
    const ask = 'Describe this picture for a blind reader: ';
    expect(titles(`${ask}👍🏽 hands`, `${ask}👍🏿 hands`)).toEqual(['👍🏽 hands', '👍🏿 hands']);
    expect(titles(`${ask}🇫🇷 flag`, `${ask}🇫🇮 flag`)).toEqual(['🇫🇷 flag', '🇫🇮 flag']);
    expect(titles(`${ask}e\u0301te`, `${ask}e\u0300te`)).toEqual(['e\u0301te', 'e\u0300te']);
  });

  it('count letters that are written in two columns twice, and find their words without spaces', () => {
    const ask = '次の商品の価格を日本円で推定してください。';
    expect(titles(`${ask}赤い靴`, `${ask}青い帽子`)).toEqual(['赤い靴', '青い帽子']);
  });

  it('go on where several rows have the same first line', () => {
    expect(titles('A kettle\nred', 'A kettle\nblue', 'A lamp\ngreen')).toEqual([
      'A kettle red',
      'A kettle blue',
      'A lamp',
    ]);
  });

  it('leave the row that is nothing but the beginning as it is', () => {
    expect(titles(ESTIMATE.trim(), `${ESTIMATE}a lamp`, `${ESTIMATE}a sock`)).toEqual([
      lineTitle(ESTIMATE),
      'a lamp',
      'a sock',
    ]);
  });

  it('are one short line of whole characters, and never empty for a text', () => {
    expect(titles()).toEqual([]);
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 12 }),
        fc.string(),
        (ends, start) => {
          const questions = ends.map((end) => `${start.repeat(4)} ${end}`);
          for (const [index, title] of titles(...questions).entries()) {
            expect(title.length).toBeLessThanOrEqual(81);
            expect(title).not.toMatch(/[\r\n\t]/);
            expect(title).not.toMatch(/\p{Surrogate}/u);
            if (/[^\s\p{Cc}\p{Cf}]/u.test(questions[index] ?? '')) expect(title).not.toBe('');
          }
        },
      ),
    );
  });

  it('take milliseconds for a file of long rows with one beginning', () => {
    const rows = Array.from({ length: 25_000 }, (_, n) => `${ESTIMATE}${'kettle '.repeat(300)}${String(n)}`);
    const before = cpuMs();
    rows.map(rowTitles(rows));
    expect(cpuMs() - before).toBeLessThan(4000);
  });

  it.runIf(dataDir !== undefined)('differ between nearly all rows of the lesson', () => {
    const file = path.join(dataDir ?? '', 'lesson', 'pricer_v1_fine_tune_train_200.jsonl');
    const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
    const questions = rows.map((row) => {
      const { messages } = JSON.parse(row) as { messages: readonly { content: string }[] };
      return messages[1]?.content ?? '';
    });
    const found = titles(...questions);
    expect(found.slice(0, 2)).toEqual([
      'Delphi FG0166 Fuel Pump Module',
      'Power Stop Rear Z36 Truck and Tow Brake Kit with Calipers',
    ]);
    expect(new Set(found).size).toBe(found.length);
  });
});

describe('the line that a title is', () => {
  it('is short, of whole words and characters', () => {
    expect(lineTitle('a\t b\u0000c\u202e  d\nnext')).toBe('a b c d');
    expect(lineTitle('word '.repeat(40))).toBe(`${'word '.repeat(16).trim()}…`);
    expect(lineTitle('')).toBe('');
  });
});
