// A small dataset with something to learn, written by the tests themselves: the price depends on what it is and how large.

export interface PriceRow {
  readonly question: string;
  readonly answer: string;
}

const THINGS: readonly (readonly [string, number])[] = [
  ['garden hose', 20],
  ['desk lamp', 45],
  ['office chair', 140],
  ['cordless drill', 95],
  ['stand mixer', 320],
  ['paper notebook', 6],
];
const SIZES: readonly (readonly [string, number])[] = [
  ['small', 0.7],
  ['medium', 1],
  ['large', 1.5],
];

/** Rows that repeat themselves never: each has its own article number. `first` keeps two files apart. */
export function priceRows(count: number, first: number): readonly PriceRow[] {
  let state = 12_345 + first;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const take = <T>(list: readonly T[]): T => {
    const item = list[Math.floor(random() * list.length)];
    if (item === undefined) throw new Error('An empty list.');
    return item;
  };
  return Array.from({ length: count }, (_, index) => {
    const [thing, price] = take(THINGS);
    const [size, factor] = take(SIZES);
    const amount = price * factor * (0.9 + 0.2 * random());
    return {
      question: `How much does this cost?\n\nA ${size} ${thing}, article ${String(first + index)}`,
      answer: `Price is $${amount.toFixed(2)}`,
    };
  });
}

export function toJsonl(rows: readonly PriceRow[]): string {
  return rows
    .map(({ question, answer }) =>
      JSON.stringify({
        messages: [
          { role: 'system', content: 'You estimate prices. Reply only with the price.' },
          { role: 'user', content: question },
          { role: 'assistant', content: answer },
        ],
      }),
    )
    .join('\n');
}
