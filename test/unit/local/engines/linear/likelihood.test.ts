import { describe, expect, it } from 'vitest';
import { createModel } from '../../../../../src/local/engines/linear/createModel.ts';
import { Learner } from '../../../../../src/local/engines/linear/learner.ts';
import type { LinearModel } from '../../../../../src/local/engines/linear/model.ts';
import { gateProbabilities, project } from '../../../../../src/local/engines/linear/model.ts';
import { CELLS } from '../../../../../src/local/engines/linear/numbers.ts';
import type { NumberPiece } from '../../../../../src/local/engines/linear/pieces.ts';
import { numberText, numberTokens, toPieces } from '../../../../../src/local/engines/linear/pieces.ts';
import { frameOf, prepare } from '../../../../../src/local/engines/linear/prepare.ts';
import type { ChatExample } from '../../../../../src/core/dataset/example.ts';
import { learnerOptions } from '../../../../../src/local/engines/linear/settings.ts';
import { example, intents, prices } from '../../support.ts';

function trained(rows: readonly ChatExample[]): {
  model: LinearModel;
  learner: Learner;
  frame: ReturnType<typeof frameOf>;
} {
  const frame = frameOf(rows);
  const prepared = rows.map((row) => prepare(row, frame, false));
  const model = createModel(prepared, frame, false);
  const learner = new Learner(model, learnerOptions(1));
  const compiled = prepared.map((row) => learner.compile(row));
  for (let epoch = 0; epoch < 3; epoch += 1) for (const row of compiled) learner.step([row]);
  return { model, learner, frame };
}

/** −ln p of an answer to the prompt of `row`. */
function loss({ learner, frame }: ReturnType<typeof trained>, row: ChatExample, text: string): number {
  const asked = { messages: [...row.messages.slice(0, -1), { role: 'assistant' as const, content: text }] };
  return learner.evaluate([learner.compile(prepare(asked, frame, false))]).loss;
}

function number(integer: number, fraction: string, grouped = false): NumberPiece {
  const text = numberText(integer, fraction, grouped);
  return { kind: 'number', integer, fraction, grouped, text, tokens: numberTokens(text) };
}

describe('probabilities of everything that can follow sum to 1', () => {
  const rows = prices(100);
  const setup = trained(rows);
  const { model } = setup;
  const vector = model.space.vector(
    prepare(rows[0] ?? example('', ''), setup.frame, false).targets[0]?.features ?? new Map<number, number>(),
  );

  it('without a look at the prompt, in known and unknown contexts', () => {
    for (const history of [[], [2], [2, 3], [2, 3, 4], [-2], [4, 1, 99_999]]) {
      let sum = model.statistics.unknown(history);
      for (let symbol = 0; symbol < model.vocabulary.size; symbol += 1)
        sum += model.statistics.probability(history, symbol);
      expect(sum).toBeCloseTo(1, 10);
    }
  });

  it('at every gate, given a prompt', () => {
    const { model: classes, frame } = trained(intents(80, 1));
    const asked = classes.space.vector(
      prepare(intents(1, 9)[0] ?? example('', ''), frame, false).targets[0]?.features ?? new Map<number, number>(),
    );
    expect(classes.gates.size).toBeGreaterThan(0);
    for (const gate of classes.gates.values()) {
      const scores = new Float64Array(gate.listed.length);
      project(gate.weights, gate.listed.length, asked, scores);
      expect(scores.some((score) => score !== 0)).toBe(true);
      const rest = gateProbabilities(gate, scores);
      expect(scores.reduce((sum, mass) => sum + mass, rest)).toBeCloseTo(1, 10);
    }
  });

  it('over the spellings of something unknown', () => {
    let one = 0;
    let two = 0;
    for (let a = 0; a < 256; a += 1) {
      one += Math.exp(model.statistics.spellingLog(Uint8Array.of(a)));
      for (let b = 0; b < 256; b += 1) two += Math.exp(model.statistics.spellingLog(Uint8Array.of(a, b)));
    }
    // Each further byte multiplies by the same factor: a geometric series.
    expect(one / (1 - two / one)).toBeCloseTo(1, 10);
  });

  it('over the cells of the numbers of each shape, also where no training number was', () => {
    const slot = model.slotAt([2, 3, 4]);
    const scores = new Float64Array(16);
    project(slot.weights, slot.weights.length / model.space.size, vector, scores);
    expect(scores.some((score) => score !== 0)).toBe(true);
    const scratch = new Float64Array(CELLS);
    for (const decimals of [0, 2, 3]) {
      let sum = 0;
      const seen = new Set<number>();
      // Steps fine enough to meet every cell that has a number of this shape.
      for (let z = 0; z < Math.log1p(9e11); z += 0.002) {
        const [integer = '0', fraction = ''] = Math.expm1(z).toFixed(decimals).split('.');
        const piece = number(Number(integer), fraction);
        const cell = slot.numbers.cellOf(piece);
        if (seen.has(cell)) continue;
        seen.add(cell);
        sum += Math.exp(slot.numbers.cellLog(piece, scores, scratch));
      }
      expect(sum).toBeCloseTo(1, 3);
    }
  });

  it('over the numbers of one cell where some are said again and again', () => {
    const said = [49.99, 49.99, 49.99, 47, 47.5, 48.25, 49.99, 12.5, 300, 49.5, 49.99, 50];
    const repeated = trained(said.map((value, i) => example(`thing ${String(i)}`, `$${value.toFixed(2)}`)));
    const { numbers } = repeated.model.slotAt([2]);
    const cell = numbers.cellOf(number(49, '99'));
    let sum = 0;
    for (let k = 4000; k < 6000; k += 1) {
      const [integer = '0', fraction = ''] = (k / 100).toFixed(2).split('.');
      const piece = number(Number(integer), fraction);
      if (numbers.cellOf(piece) === cell) sum += numbers.withinCell(piece, cell);
    }
    expect(sum).toBeCloseTo(1, 8);
    expect(numbers.withinCell(number(49, '99'), cell)).toBeGreaterThan(20 * numbers.withinCell(number(49, '98'), cell));
  });

  it('over the numbers of one cell, commas or not', () => {
    const slot = model.slotAt([2, 3, 4]);
    const perShape = [0, 1, 2].map((decimals) => {
      const scale = 10 ** decimals;
      let inCell = 0;
      const cell = slot.numbers.cellOf(number(47, ''));
      for (let k = 0; k < 100 * scale; k += 1) {
        const [integer = '0', fraction = ''] = (k / scale).toFixed(decimals).split('.');
        const piece = number(Number(integer), fraction);
        if (slot.numbers.cellOf(piece) === cell) inCell += slot.numbers.withinCell(piece, cell);
      }
      expect(inCell).toBeCloseTo(1, 8);
      return inCell;
    });
    expect(perShape).toHaveLength(3);
    let large = 0;
    const cell = slot.numbers.cellOf(number(1500, ''));
    for (let integer = 1000; integer < 2500; integer += 1) {
      if (slot.numbers.cellOf(number(integer, '')) !== cell) continue;
      large +=
        Math.exp(slot.numbers.fixedLog(number(integer, ''))) +
        Math.exp(slot.numbers.fixedLog(number(integer, '', true)));
    }
    let small = 0;
    for (let integer = 40; integer < 60; integer += 1) {
      if (slot.numbers.cellOf(number(integer, '')) === slot.numbers.cellOf(number(47, '')))
        small += Math.exp(slot.numbers.fixedLog(number(integer, '')));
    }
    // Both are the probability of the shape alone.
    expect(large).toBeCloseTo(small, 8);
  });

  it('so that whole answers never sum to more than 1, and the known ones to nearly 1', () => {
    const classes = trained(intents(80, 1));
    const row = intents(1, 9)[0] ?? example('', '');
    const known = ['card_arrival', 'card_lost', 'exchange_rate', 'top_up_failed'];
    const other = ['card', 'card_', 'no', 'Ünïcode 😀', 'card_arrival card_arrival', '12', '<|endoftext|>'];
    const mass = (texts: readonly string[]): number =>
      texts.reduce((sum, text) => sum + Math.exp(-loss(classes, row, text)), 0);
    expect(mass(known)).toBeGreaterThan(0.9);
    expect(mass([...known, ...other])).toBeLessThan(1);
    for (const text of other) expect(Number.isFinite(loss(classes, row, text))).toBe(true);
  });

  it('and any text has a finite loss: unseen words, numbers of any size, half a character', () => {
    const row = rows[0] ?? example('', '');
    for (const text of [
      'Price is $0',
      'Price is $999999999999.123456',
      'Price is $1234567890123456789',
      'Price is $1,234',
      '漢字',
      '\uD800',
      '-5',
      '007',
    ]) {
      const value = loss(setup, row, text);
      expect(Number.isFinite(value)).toBe(true);
      expect(value).toBeGreaterThan(0);
    }
    expect(loss(setup, row, 'Price is $999999999999.123456')).toBeGreaterThan(loss(setup, row, 'Price is $20.00'));
  });
});

describe('pieces of an answer', () => {
  it.each([
    'Price is $1,234.50',
    '0.5 and 12 and 1234567',
    'v1.2.3',
    'x12',
    '007',
    '1,23',
    '12,345,678',
    '3.1415926535',
    '',
    '😀🏽 naïve 漢字',
    '1.',
    '.5',
    '$5.',
  ])('spell %j again', (text) => {
    for (const asWords of [false, true]) {
      expect(
        toPieces(text, asWords)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text);
    }
  });

  it('take a number as one, with its o200k tokens', () => {
    expect(toPieces('Price is $1,234.50', false).at(-1)).toMatchObject({
      kind: 'number',
      integer: 1234,
      fraction: '50',
      grouped: true,
      tokens: 5,
    });
    expect(toPieces('$1234567', false).at(-1)).toMatchObject({ kind: 'number', integer: 1_234_567, tokens: 3 });
    expect(toPieces('x12', false).every(({ kind }) => kind === 'word')).toBe(true);
  });
});
