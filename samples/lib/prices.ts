import type { Random } from '../../src/core/base/random.ts';
import { CATALOGUE, SERIES, type Category, type Trait } from './catalogue.ts';
import type { Example } from './chat.ts';

export const PRICE_SYSTEM = 'You know what things cost. Name the price of the item in US dollars and say nothing else.';

const QUESTION = 'What is the price of this item?';

/** How far prices scatter about what the description implies: one standard deviation is a factor of 1.2. */
const NOISE = 0.18;

export function drawProduct(random: Random): Example {
  const category = random.pick(CATALOGUE);
  const [brand, brandFactor] = random.pick(category.brands);
  const [noun, base, pounds] = random.pick(category.items);
  const fits = ({ only }: { readonly only?: RegExp }): boolean => only === undefined || only.test(noun);
  const traits = category.traits.flatMap((group) => {
    const fitting = group.filter(fits);
    return fitting.length === 0 ? [] : [random.pick(fitting)];
  });
  const factor = traits.reduce((product, trait) => product * trait.factor, brandFactor);
  const price = charm(base * factor * Math.exp(NOISE * random.normal()), random);
  const title = titleOf(random, brand, noun, traits);
  const description = describe(random, category, brand, noun, pounds, traits);
  return { prompt: `${QUESTION}\n\n${title}\n${description}`, answer: `Price is $${price.toFixed(2)}` };
}

/** Shops end prices in 99, 95, 49 or 00 more often than not. */
function charm(price: number, random: Random): number {
  const whole = Math.max(3, Math.floor(price));
  const roll = random.next();
  if (price >= 100 && roll < 0.3) return Math.round(price / 5) * 5 - (roll < 0.15 ? 0 : 0.01);
  if (roll < 0.6) return whole + 0.99;
  if (roll < 0.75) return whole + 0.95;
  if (roll < 0.85) return whole + 0.49;
  if (roll < 0.92) return whole;
  return Math.round(price * 100) / 100;
}

function titleOf(random: Random, brand: string, noun: string, traits: readonly Trait[]): string {
  const words = traits.map((trait) => trait.title).filter((word) => word !== '');
  const before = words.filter((word) => !/^(?:with|for|Set of|Tool Only|Ages|\d+ Pack)/.test(word));
  const after = words.filter((word) => !before.includes(word));
  const model =
    random.next() < 0.4
      ? `${brand} ${modelNumber(random)}`
      : random.next() < 0.35
        ? `${brand} ${random.pick(SERIES)}`
        : brand;
  const tail = after.length > 0 ? ` ${after.join(', ')}` : '';
  switch (random.integer(5)) {
    case 0:
      return `${model} ${[...before, noun].join(' ')}${tail}`;
    case 1:
      return `${model} ${noun}${tail}${before.length > 0 ? `, ${before.join(', ')}` : ''}`;
    case 2:
      return `${[...before, noun].join(' ')}${tail} by ${model}`;
    case 3:
      return `${model} ${noun}${[...before, ...after].length > 0 ? ` - ${[...before, ...after].join(' - ')}` : ''}`;
    default:
      return `${model} ${noun}${tail}${before.length > 0 ? ` (${before.join(', ')})` : ''}`;
  }
}

function modelNumber(random: Random): string {
  const letters = 'ABCDEFGHKLMNPRSTVXZ';
  const letter = (): string => letters[random.integer(letters.length)] ?? 'A';
  const digits = String(100 + random.integer(9 * 100));
  return random.pick([
    `${letter()}${digits}`,
    `${letter()}${letter()}-${digits}`,
    `${digits}${letter()}`,
    `${letter()}${digits}-${String(1 + random.integer(9))}`,
  ]);
}

/** `one`: about a thing that there is one of. */
const OPENINGS: readonly { readonly one?: true; readonly say: (brand: string, noun: string) => string }[] = [
  { say: (brand, noun) => `${article(noun)} from ${brand} for every day.` },
  { say: (_brand, noun) => `If you have been looking for ${uncapital(article(noun))} without fuss, look no further.` },
  { say: (brand) => `${brand} has made these for longer than most of us can remember.` },
  { one: true, say: (brand, noun) => `The ${lower(noun)} by ${brand} leaves out what nobody uses.` },
  { one: true, say: (_brand, noun) => `Our best-selling ${lower(noun)} of last year, with a few things put right.` },
  { say: (brand, noun) => `New from ${brand}: ${uncapital(article(noun))} with some thought behind it.` },
  {
    one: true,
    say: (_brand, noun) => `This ${lower(noun)} replaces the earlier model, which was discontinued in spring.`,
  },
  { say: (brand) => `Designed and tested by the people at ${brand}.` },
  { say: (brand) => `Part of the ${brand} range since 2019.` },
  {
    one: true,
    say: (_brand, noun) =>
      `There are cheaper ones and there are dearer ones; this ${lower(noun)} sits where it should.`,
  },
  { say: () => 'You get what you see: no frills, decent workmanship.' },
  { say: (brand, noun) => `${brand} ${lower(noun)}, genuine, sealed.` },
  { one: true, say: (_brand, noun) => `A second ${lower(noun)} for the weekend house, or a first one for good.` },
  { say: (brand) => `Everything ${brand} has learned in ten years went into this.` },
];

function remarksFor(category: Category, noun: string): readonly string[] {
  return category.remarks.flatMap((remark) =>
    typeof remark === 'string' ? [remark] : remark[1].test(noun) ? [remark[0]] : [],
  );
}

const CLOSINGS: readonly string[] = [
  'Returns are free within 30 days.',
  'Ships in plain packaging.',
  'Questions? We answer within a day.',
  'Please measure before you order.',
  'Colors may look different on your screen.',
  'The picture shows more than is delivered.',
  'Limited to two per household.',
];

function describe(
  random: Random,
  category: Category,
  brand: string,
  noun: string,
  typical: number,
  traits: readonly Trait[],
): string {
  const said = traits.map((trait) => trait.text).filter((text) => text !== '');
  const remarks = random.shuffle(remarksFor(category, noun)).slice(0, 1 + random.integer(4));
  const middle = random.shuffle([...said, ...remarks]);
  const openings = OPENINGS.filter(({ one }) => one === undefined || !isPlural(noun));
  const opening = random.next() < 0.6 ? [random.pick(openings).say(brand, noun)] : [];
  const closing = random.next() < 0.25 ? [random.pick(CLOSINGS)] : [];
  const sentences = [...opening, ...middle, ...closing];
  const specs = random.next() < 0.75 ? specsOf(random, category, brand, noun, typical) : '';
  // Some sellers write bullet points, some write prose.
  if (random.next() < 0.25)
    return [...sentences.map((sentence) => `- ${sentence}`), ...(specs === '' ? [] : [specs])].join('\n');
  return [sentences.join(' '), specs].filter((part) => part !== '').join(random.next() < 0.5 ? '\n' : ' ');
}

function specsOf(random: Random, category: Category, brand: string, noun: string, typical: number): string {
  const pounds = typical * (0.75 + 0.5 * random.next());
  const weight = pounds < 1 ? `${(pounds * 16).toFixed(1)} ounces` : `${pounds.toFixed(pounds < 10 ? 1 : 0)} pounds`;
  const rows = [
    ...category.specs
      .filter(([, , only]) => only === undefined || only.test(noun))
      .map(([name, values]) => `${name} ${random.pick(values)}`),
    `Item weight ${weight}`,
    ...(random.next() < 0.5 ? [`Brand ${brand}`] : []),
  ];
  return random
    .shuffle(rows)
    .slice(0, 2 + random.integer(rows.length - 1))
    .join(', ');
}

function isPlural(noun: string): boolean {
  return /s(?: \(.*\))?$/.test(noun);
}

function article(noun: string): string {
  const words = lower(noun);
  if (isPlural(noun)) return `A set of ${words}`;
  return `${/^[aeio]|^u(?!s|k|ni)/i.test(words) ? 'An' : 'A'} ${words}`;
}

/** Lower case, but LED and USB-C stay as they are. */
function lower(noun: string): string {
  return noun
    .split(' ')
    .map((word) => (/^[A-Z][a-z]/.test(word) ? word.toLowerCase() : word))
    .join(' ');
}

function uncapital(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
