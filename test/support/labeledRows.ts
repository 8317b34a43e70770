// Rows of customers' messages with a label each, so clear that a wrong label is found.
import { createRandom } from '../../src/core/base/random.ts';
import type { ChatExample } from '../../src/core/dataset/example.ts';

const THINGS: Readonly<Record<string, readonly string[]>> = {
  refund: ['my money back', 'a refund of the price', 'the refund for the broken lamp', 'my payment returned'],
  delivery: ['the parcel', 'the delivery of my order', 'the courier with my package', 'the shipment from your depot'],
  password: ['a new password', 'the login code', 'a reset of my password', 'access to my locked account'],
  invoice: ['the invoice of March', 'a receipt with the tax number', 'the bill as a PDF', 'an invoice for my company'],
};
const OPENINGS = [
  'Hello, when do I get',
  'I am still waiting for',
  'Please tell me about',
  'Where is',
  'I asked twice for',
  'Can you send',
];
const ENDINGS = [
  'please?',
  'thank you.',
  'it is urgent.',
  'as you promised.',
  'I wrote last week.',
  'today if possible.',
];

export const LABELS = Object.keys(THINGS);

/** `count` chat examples; those at the places (from 0) in `wrong` have another label than their text tells. */
export function labeledRows(count: number, wrong: readonly number[] = []): readonly ChatExample[] {
  const random = createRandom(11);
  const of = <T>(list: readonly T[], fallback: T): T => list[random.integer(list.length)] ?? fallback;
  return Array.from({ length: count }, (_, index) => {
    const label = LABELS[index % LABELS.length] ?? '';
    const content = `${of(OPENINGS, '')} ${of(THINGS[label] ?? [], '')}, order ${String(1000 + 7 * index)}, ${of(ENDINGS, '')}`;
    const given = wrong.includes(index) ? (LABELS[(index + 1) % LABELS.length] ?? '') : label;
    return {
      messages: [
        { role: 'user', content },
        { role: 'assistant', content: given },
      ],
    };
  });
}
