// Against tiktoken itself: the same Rust code that OpenAI's Python package runs, compiled to WebAssembly.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { get_encoding } from 'tiktoken';
import { describe, expect, it } from 'vitest';
import { createO200k } from '../../../../src/core/tokens/o200k.ts';
import { END_OF_TEXT, PieceReader } from '../../../../src/core/tokens/pieces.ts';
import { byteView, hashOf } from '../../../../src/core/tokens/ranks.ts';
import { firstTokens, tokenTexts, wellFormed } from '../../../../src/core/tokens/o200kTexts.ts';
import { inProject } from '../../../../scripts/lib/paths.ts';
import { tokenTable } from '../../../../scripts/lib/tokenTable.ts';
import { cpuMs } from '../../../support/cpuTime.ts';

const table = tokenTable();
const o200k = createO200k(table);
const oracle = get_encoding('o200k_base');

/** Seconds for the comparison of random texts; more than the default for a night's run. */
const SECONDS = Number(process.env['TUNING_FORK_TOKEN_SECONDS'] ?? '4');
const long = SECONDS > 60;
const blnsDir = process.env['TUNING_FORK_BLNS_DIR'];

function expectSame(text: string): void {
  const ids = o200k.encode(text);
  const expected = Array.from(oracle.encode_ordinary(text));
  // Comparing strings is much faster than toEqual, and the message is as good.
  if (ids.join() !== expected.join()) expect({ text, ids }).toEqual({ text, ids: expected });
  if (o200k.count(text).tokens !== expected.length) {
    expect({ text, tokens: o200k.count(text).tokens }).toEqual({ text, tokens: expected.length });
  }
}

/** Places where the class of a character decides what becomes of its neighbours. */
function around(character: string): string {
  const c = character;
  return `${c}'s\na${c}'s\n1${c}1 ${c}${c}x${c}A${c}B\n'${c}\n ${c} ${c}\n${c}!${c}/\n`;
}

describe('the encoding', () => {
  it('sees every code point as tiktoken does', { timeout: 300_000 }, () => {
    // All of them take a minute; by default every border between blocks of 16 and all of the first 0x3000.
    for (let block = 0; block < 0x110000; block += 0x100) {
      const texts: string[] = [];
      for (let code = block; code < block + 0x100; code += 1) {
        if (code >= 0xd800 && code < 0xe000) continue;
        if (long || code < 0x3000 || (code < 0x34000 && (code & 15) % 15 === 0)) {
          texts.push(around(String.fromCodePoint(code)));
        }
      }
      if (texts.length > 0) expectSame(texts.join(''));
    }
  });

  it.each([
    ['contractions', "I'm I'M we're WE'RE it'ſ IT'ſ you'd'll o'clock 'tis rock'n'roll x's's 's ''s ’s it'Re d'L d'lL"],
    ['words in camels', 'helloWorld HTMLParser XMLHttpRequest ÀÉÎõü ǅungla ǈ aǅb AǅB ʰA Aʰ ªB Bª'],
    [
      'caseless letters between capitals',
      '中ABC ABC中 A中B中c 中文ABC中Abc กABC \u0301ABC !\u0301ABC A\u0301B\u0301 \u0301\u0301',
    ],
    ['digits', '1 12 123 1234 12345678901 ٣٤٥٦ ½¾ ²³¹⁰ Ⅷ 一二三 1\u03012 1a2b 3.14159 1,234,567'],
    [
      'white space',
      ' a  b   c\td\t\te \n\n f\r\n\r\n g\u00a0h\u00a0\u00a0i \u3000\u3000j \u2028k \u0085 \u0085l\u0085\u0085',
    ],
    ['U+FEFF', '\ufeffa \ufeff b\ufeff\ufeff\n\ufeff'],
    ['U+0085', '\u0085a \u0085 b\u0085\u0085\n\u0085x\u0085!'],
    ['ends in white space', 'a '],
    ['ends in more white space', 'a \n  '],
    ['nothing but white space', ' \t \u3000'],
    ['slashes', '!!/\n/\r\n// a/b //\n\n/ /\n'],
    ['control tokens', 'a <|endoftext|> b <|endofprompt|><|im_start|>user<|fim_suffix|>'],
    ['emoji', '😀😀 ❤️ 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 1️⃣ 🇩🇪🇫🇷 ☎️x'],
    ['Hangul', '안녕하세요 세계 가격은 226.95달러입니다 ㄱㄴㄷ \u1100\u1161\u11a8'],
    ['CJK', '価格は¥1,234です。價格？价格！「こんにちは」カタカナｶﾀｶﾅ'],
    ['right to left', 'مرحبا بالعالم ٱلسَّلَامُ שָׁלוֹם עולם'],
    ['Indic', 'नमस्ते दुनिया क्षत्रिय வணக்கம் ఆంధ్ర'],
    ['halves of surrogate pairs', 'a\ud800b \udc00 \ud83d \ude00'],
    ['NUL and controls', 'a\0b\u0001\u001c\u001d \u001f \u007f \u0080'],
    ['code', "for (let i = 0; i < n; ++i) {\n\t\tif (a[i] !== b) return `x${y}`; // don't\n}\n\n\n"],
    ['the longest tokens', ' '.repeat(130) + '='.repeat(130) + '\t'.repeat(90) + '-'.repeat(200)],
  ])('is the same for %s', (_name, text) => {
    expectSame(text);
    for (let cut = 0; cut <= text.length; cut += 1) {
      expectSame(text.slice(cut));
      expectSame(text.slice(0, cut));
    }
  });

  it('is the same for random texts', { timeout: (SECONDS + 30) * 1000 }, () => {
    const seed = Date.now() & 0x7fffffff;
    console.log(`token comparison: seed ${String(seed)}`);
    const range = (from: number, to: number): fc.Arbitrary<string> =>
      fc.integer({ min: from, max: to }).map((code) => String.fromCodePoint(code));
    const character = fc.oneof(
      fc.constantFrom(' ', '  ', '\n', '\r\n', '\t', '\u0085', '\ufeff', '\u00a0', '\u3000', '/', "'", '’', '\u200d'),
      fc.constantFrom("'s", "'S", "'ſ", "'ll", "'RE", "'v", 'é', 'É', 'ǅ', 'ʰ', 'ª', '中', '\u0301', '\ufe0f', '😀'),
      fc.constantFrom('<|endoftext|>', '<|', '|>', '1', '12', '٣', '½', 'the', ' The', 'HTML', 'ing', '  ', '==', '//'),
      range(0x20, 0x7e),
      range(0, 0x24f),
      range(0x300, 0x5ff),
      range(0x900, 0xdff),
      range(0x1100, 0x11ff),
      range(0x4e00, 0x9fff),
      range(0xac00, 0xd7a3),
      range(0x1f300, 0x1faff),
      fc.string({ unit: 'binary', maxLength: 1 }),
    );
    const code = codeSamples();
    const text = fc.oneof(
      { weight: 6, arbitrary: fc.array(character, { maxLength: 40 }).map((parts) => parts.join('')) },
      { weight: 1, arbitrary: fc.array(range(0xac00, 0xd7a3), { maxLength: 120 }).map((parts) => parts.join('')) },
      {
        weight: 1,
        arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'e', 'i', 'n', 's', 't'), maxLength: 300 }),
      },
      { weight: 1, arbitrary: fc.tuple(character, fc.integer({ min: 1, max: 400 })).map(([c, n]) => c.repeat(n)) },
      { weight: 1, arbitrary: fc.lorem({ maxCount: 40 }) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom(...code), fc.nat({ max: 5000 }), fc.nat({ max: 400 }))
          .map(([source, from, length]) => source.slice(from, from + length)),
      },
    );
    fc.assert(fc.property(text, expectSame), {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: SECONDS * 1000,
      markInterruptAsFailure: false,
    });
  });

  it.skipIf(blnsDir === undefined)('is the same for the naughty strings', () => {
    const strings = JSON.parse(readFileSync(join(blnsDir ?? '', 'blns.json'), 'utf8')) as string[];
    expect(strings.length).toBeGreaterThan(400);
    for (const string of strings) expectSame(string);
    expectSame(strings.join('\n'));
  });

  it('is the same in any order and after a reset', () => {
    const texts = [
      'Donaudampfschifffahrt',
      'x'.repeat(70),
      'Donaudampfschifffahrts',
      'y'.repeat(3000),
      '가'.repeat(30),
    ];
    for (let round = 0; round < 3; round += 1) {
      for (const text of [...texts, ...texts.toReversed()]) expectSame(text);
      o200k.reset();
    }
  });
});

describe('pieces', () => {
  // The pattern with Rust's classes spelled out; only where it cuts can tell what hardly ever changes a token.
  const contraction = "(?:'(?:[sSſtTmMdD]|[rRvV][eE]|[lL][lL]))?";
  const pattern = new RegExp(
    [
      `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+${contraction}`,
      `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*${contraction}`,
      String.raw`\p{N}{1,3}`,
      String.raw` ?[^\p{White_Space}\p{L}\p{N}]+[\r\n/]*`,
      String.raw`\p{White_Space}*[\r\n]+`,
      String.raw`\p{White_Space}+(?!\P{White_Space})`,
      String.raw`\p{White_Space}+`,
    ].join('|'),
    'gu',
  );
  const reader = new PieceReader();

  function cut(text: string): string[] {
    const bytes = new TextEncoder().encode(`${text}..`);
    const end = bytes.length - 2;
    bytes[end] = END_OF_TEXT;
    const result: string[] = [];
    for (let start = 0; start < end;) {
      const next = reader.endOf(bytes, start);
      result.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, next)));
      start = next;
    }
    return result;
  }

  it('are those of the pattern', () => {
    const unit = fc.constantFrom(
      ...[
        ' ',
        ' ',
        '\n',
        '\r',
        '\t',
        '\u0085',
        '\u00a0',
        '\u3000',
        '\ufeff',
        '/',
        "'",
        "'",
        '!',
        '=',
        '€',
        '😀',
        '\u200d',
      ],
      ...[
        'a',
        'B',
        's',
        'S',
        'ſ',
        'l',
        'L',
        'r',
        'v',
        'e',
        'E',
        't',
        'é',
        'É',
        'ǅ',
        'ʰ',
        'ª',
        '中',
        '가',
        '\u0301',
        '\ufe0f',
        '𝐀',
        '𝐚',
      ],
      ...['1', '2', '٣', '½', 'Ⅷ', '𝟏'],
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        expect(cut(text)).toEqual(text.match(pattern) ?? []);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('what is remembered', () => {
  it('is not taken for another piece with the same hash', () => {
    const byHash = new Map<number, string>();
    const view = byteView(8);
    let checked = 0;
    for (let seed = 1; checked < 5 && seed < 1_000_000; seed += 1) {
      const text = lettersOf(Math.imul(seed, 0x9e3779b1));
      new TextEncoder().encodeInto(text, view.bytes);
      const hash = hashOf(view.words, 0, 8);
      const other = byHash.get(hash);
      byHash.set(hash, text);
      if (other === undefined || oracle.encode_ordinary(other).length === oracle.encode_ordinary(text).length) continue;
      expectSame(other);
      expectSame(text);
      checked += 1;
    }
    expect(checked).toBe(5);
  });
});

describe('long runs', () => {
  // 100 kB each; a library whose merge is quadratic takes from 17 s to minutes, the limit allows for a busy machine.
  it.each([
    ['letters', 'a'],
    ['capitals', 'A'],
    ['Chinese', '价格'],
    ['Hangul', '가'],
    ['emoji', '😀'],
    ['families', '👩‍👩‍👧‍👦'],
    ['zero-width joiners', '\u200d'],
    ['combining marks', '\u0301'],
    ['caseless letters between capitals', '中A'],
    ['blanks', ' '],
    ['line feeds', '\n'],
    ['line feeds and blanks', '\n '],
    ['punctuation', '='],
    ['slashes', '/\n'],
    ['digits', '1234567890'],
    ['quotes', "'"],
  ])('100 kB of %s are counted in no time', (_name, unit) => {
    const text = unit.repeat(Math.ceil(100_000 / Buffer.byteLength(unit)));
    const start = cpuMs();
    const { tokens } = o200k.count(text);
    expect(cpuMs() - start).toBeLessThan(2000);
    expect(tokens).toBeGreaterThan(100);
    expect(o200k.encode(text)).toHaveLength(tokens);
  });

  it.each(['a', 'ab', ' ', '\n', '=', '😀', '가', '价格', '\u200d', 'aA', 'the'])('of %j are exact', (unit) => {
    for (const times of [31, 32, 33, 63, 64, 65, 66, 127, 128, 129, 500, 1000]) expectSame(unit.repeat(times));
  });
});

describe('texts of tokens', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.lorem());

  it('are the text, and as many tokens', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const parts = tokenTexts(o200k, whole);
        expect(parts.map((part) => part.text).join('')).toBe(wellFormed(whole));
        expect(parts.reduce((sum, part) => sum + part.tokens, 0)).toBe(o200k.count(whole).tokens);
        for (const part of parts) expect(part.text).not.toBe('');
      }),
    );
  });

  it('keep a character that is split between tokens in one piece', () => {
    expect(tokenTexts(o200k, 'a𝕏b')).toEqual([
      { text: 'a', tokens: 1 },
      { text: '𝕏', tokens: o200k.count('𝕏').tokens },
      { text: 'b', tokens: 1 },
    ]);
    expect(o200k.count('𝕏').tokens).toBeGreaterThan(1);
  });

  it('at the beginning are as many tokens as were asked for, without half a character', () => {
    expect(firstTokens(o200k, 'one two three', 2)).toBe('one two');
    expect(firstTokens(o200k, 'one two three', 0)).toBe('');
    expect(firstTokens(o200k, 'one two three', 3)).toBe('one two three');
    expect(firstTokens(o200k, 'a𝕏b', 2)).toBe('a');
    expect(firstTokens(o200k, '\ufeffa b', 1)).toBe('\ufeff');
    fc.assert(
      fc.property(text, fc.nat({ max: 20 }), (whole, count) => {
        const first = firstTokens(o200k, whole, count);
        expect(whole.startsWith(first)).toBe(true);
      }),
    );
  });
});

describe('the table', () => {
  it('is refused when it is cut off or something else', () => {
    for (const bytes of [new Uint8Array(), table.subarray(0, 1000), table.subarray(0, -1), new Uint8Array(5000)]) {
      expect(() => createO200k(bytes)).toThrow('token table');
    }
  });
});

function codeSamples(): string[] {
  const folder = inProject('src/core/tokens');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.ts')) : [];
  return ['x', ...files.map((name) => readFileSync(join(folder, name), 'utf8'))];
}

/** Eight small letters, as good as at random. */
function lettersOf(seed: number): string {
  let state = seed;
  let text = '';
  while (text.length < 8) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += String.fromCharCode(97 + ((state >>> 16) % 26));
  }
  return text;
}
