import type { Random } from '../../src/core/base/random.ts';
import type { Example } from './chat.ts';

/** What the messages are about; the answers of the classification set. */
export const TOPICS = [
  'delivery',
  'return',
  'payment',
  'account',
  'product',
  'defect',
  'order change',
  'praise',
] as const;
export type Topic = (typeof TOPICS)[number];

export const TOPIC_SYSTEM = `Sort the customer's message into one topic: ${TOPICS.join(', ')}. Reply with the topic only.`;

/** `{item}` or a subset of the items, `{order}`, `{day}`, `{city}`, `{name}`, `{sum}` and `{n}` are filled in. */
const CORES: Readonly<Record<Topic, readonly string[]>> = {
  delivery: [
    'my {item} was meant to come on {day} and there is no sign of it',
    'the tracking for {order} has not moved since {day}',
    'where is my parcel? Order {order}',
    'the courier says nobody was home, but I was in all day',
    'the box with the {item} went to a neighbor I have never met',
    'how long does shipping to {city} usually take?',
    'it says delivered, but there is nothing at my door',
    'can you leave the parcel at the back next time? The driver did not ring',
    'half of order {order} arrived, the {item} is missing from the box',
    'do you ship to {city} at all, and what does it cost to get there?',
    'the depot in {city} cannot find my package',
    'I was promised two days and it has been {n}',
  ],
  return: [
    'I would like to send the {item} back',
    'the {item} is fine, but it is not for me. How do I get rid of it?',
    'how many days do I have to bring something back?',
    'I have lost the label for sending the {item} back',
    'the {worn} came in the wrong size and I want to swap it',
    'I sent the {item} back on {day}. Has it reached you?',
    'can I return the {item} to the shop in {city} instead of mailing it?',
    'do I have to pay the postage if I do not keep the {item}?',
    'my mother already has one, so the {item} can go back to you',
    'the box has been opened, can I still give the {item} back?',
    'please send someone to collect the {item}, it is too heavy to carry',
    'what is the deadline for an exchange on order {order}?',
  ],
  payment: [
    'I was charged twice for order {order}',
    'there is a charge of {sum} on my card that I do not know',
    'my card was declined although there is money on it',
    'when do I get the {sum} back for the {item}?',
    'can I pay in {n} installments?',
    'the invoice for {order} has the wrong address on it',
    'I need a receipt for the {item} for my taxes',
    'the discount code did not come off the total',
    'why is the total {sum} when the {item} was cheaper on {day}?',
    'is it possible to pay by bank transfer?',
    'the gift card shows {sum}, your page says it is empty',
    'you still have not refunded order {order}',
  ],
  account: [
    'I cannot log in since {day}',
    'the link to reset my password never arrives',
    'please delete my data, all of it',
    'how do I change the email address I signed up with?',
    'somebody in {city} seems to be using my account',
    'your page tells me my user name is taken, it is mine',
    'please take me off the newsletter, I get {n} mails a week',
    'the code on my phone does not get accepted when I sign in',
    'I have two accounts and want to make one of them',
    'my old orders are gone from my profile',
    'I am locked out after {n} tries',
    'how do I update my address in my profile for good?',
  ],
  product: [
    'does the {item} come in other colors?',
    'how wide is the {item} exactly?',
    'will the {item} be in stock again before {day}?',
    'is the {worn} suitable for a child of {n}?',
    'what is the difference between the {item} and the more expensive one?',
    'can the {gadget} go in the dishwasher?',
    'which batteries does the {gadget} take?',
    'is the cable for the {gadget} in the box or do I need to order one?',
    'does the {gadget} work with European plugs?',
    'what is the {soft} made of? I am allergic to wool',
    'how heavy is the {item} without the packaging?',
    'do you also sell spare parts for the {item}?',
  ],
  defect: [
    'the {gadget} stopped working after {n} days',
    'the {rigid} came with a crack down one side',
    'my {gadget} makes a grinding noise',
    'a screw is missing and the {rigid} wobbles',
    'the {gadget} gets so hot that I do not dare leave it on',
    'the handle of the {handled} broke off on {day}',
    'the {gadget} will not turn on, I have tried {n} sockets',
    'there is rust on my {metal} already',
    'the zipper on the {zipped} is torn, is that covered by the warranty?',
    'the {leaky} leaks and now my floor is wet',
    'the display of the {screen} shows only stripes',
    'second {item} from you, second one that is broken',
  ],
  'order change': [
    'please cancel order {order}',
    'I ordered {n} by mistake, one {item} is enough',
    'can you add another {item} to order {order} before it goes out?',
    'please send order {order} to {city}, I have moved',
    'can I still change the color of the {item} I ordered an hour ago?',
    'I typed the wrong house number in order {order}',
    'please hold order {order} until {day}, we are away',
    'is it too late to swap the {item} for the other model? It has not shipped yet',
    'I want to call off the order from this morning',
    'make it gift wrapped please, order {order}, if you have not packed it yet',
    'can the two orders I placed today go into one box?',
    'wrong {item} in my basket and I clicked buy, please stop it',
  ],
  praise: [
    'the {item} is even nicer than in the pictures',
    'just wanted to say that {name} on the phone was wonderful',
    'the quickest delivery I have ever had, thank you',
    'my father loves the {item}',
    'great service, you solved it within {n} minutes',
    'the little card in the box made my {day}',
    'I have told everybody in {city} about your shop',
    'the {item} has now lasted {n} years, well made',
    'please pass on my thanks to whoever packed this so carefully',
    'best {item} I have owned',
    'no complaint for once: everything went right',
    'you replaced the {item} without a single question, hats off',
  ],
};

const OPENERS: readonly string[] = [
  '',
  '',
  '',
  '',
  'Hi, ',
  'Hello, ',
  'Good morning, ',
  'Hey there, ',
  'Dear team, ',
  'To whom it may concern: ',
  'Sorry to bother you again, but ',
  'Quick question: ',
  'Hi {name}, ',
  'So, ',
];

/** Said before or after by people with any of these concerns; it names other topics' words, as in life. */
const CONTEXT: readonly (readonly [text: string, topics: readonly Topic[]])[] = [
  ['It was meant as a present for my sister.', ['delivery', 'return', 'defect', 'order change']],
  ['I have been a customer for {n} years.', ['delivery', 'return', 'payment', 'account', 'defect', 'praise']],
  [
    'I tried the chat on your page but nobody answered.',
    ['delivery', 'return', 'payment', 'account', 'product', 'defect', 'order change'],
  ],
  ['It is for our office in {city}.', ['product', 'order change']],
  ['I paid with my usual card.', ['delivery', 'payment', 'defect']],
  ['We are leaving on {day}.', ['delivery', 'order change', 'product']],
  ['I called on {day} already and was put on hold.', ['delivery', 'return', 'payment', 'account', 'defect']],
  ['The rest of the order is perfect.', ['return', 'defect']],
  ['I do like everything else I have from you.', ['return', 'defect', 'delivery', 'payment']],
  ['I have a photo if you need one.', ['defect', 'delivery']],
  ['It cost me {sum}, after all.', ['return', 'defect', 'delivery']],
  ['I could not find it anywhere on your page.', ['product', 'return', 'account']],
  ['The description does not say.', ['product']],
  ['Will order again.', ['praise']],
  ['I gave you five stars.', ['praise']],
  ['My bank says it is not their fault.', ['payment']],
  ['I use the app, if that matters.', ['account', 'payment']],
];
const CLOSERS: readonly string[] = [
  '',
  '',
  '',
  ' Thanks!',
  ' Thank you, {name}',
  ' Please let me know.',
  ' Regards, {name}',
  ' Looking forward to your answer.',
  ' Thx',
  ' Many thanks in advance.',
  ' {name}',
];

/** Items by what can happen to them. */
const SUBSETS: Readonly<Record<string, readonly string[]>> = {
  gadget: ['kettle', 'desk lamp', 'headphones', 'blender', 'speaker', 'toaster', 'drill', 'monitor', 'vacuum'],
  soft: ['rug', 'winter coat', 'dog bed', 'backpack'],
  rigid: ['office chair', 'bookcase', 'mirror', 'desk lamp', 'monitor'],
  handled: ['suitcase', 'kettle', 'vacuum', 'blender', 'backpack'],
  metal: ['kettle', 'toaster', 'drill', 'office chair', 'desk lamp'],
  zipped: ['tent', 'backpack', 'suitcase', 'winter coat'],
  leaky: ['kettle', 'blender', 'vacuum'],
  screen: ['monitor', 'watch'],
  worn: ['winter coat', 'bike helmet', 'backpack', 'watch'],
};
const ITEMS = [
  'kettle',
  'desk lamp',
  'backpack',
  'headphones',
  'rug',
  'blender',
  'tent',
  'office chair',
  'speaker',
  'winter coat',
  'bookcase',
  'bike helmet',
  'toaster',
  'drill',
  'mirror',
  'suitcase',
  'monitor',
  'dog bed',
  'vacuum',
  'watch',
] as const;
const CITIES = [
  'Leeds',
  'Portland',
  'Ghent',
  'Halifax',
  'Tucson',
  'Cork',
  'Lyon',
  'Dunedin',
  'Bergen',
  'Austin',
] as const;
const NAMES = ['Marta', 'Dev', 'Ines', 'Tom', 'Aisha', 'Greg', 'Lena', 'Mr. Okafor', 'J. Pereira', 'Ruth'] as const;
const DAYS = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'the 14th',
  'the 3rd of May',
] as const;

export function drawMessage(random: Random): Example {
  const topic = random.pick(TOPICS);
  const core = random.pick(CORES[topic]);
  const end = /[?!]$/.test(core) ? '' : random.pick(['.', '.', '.', '!', '']);
  const opener = random.pick(OPENERS);
  const sentence = `${opener}${opener === '' || opener.endsWith(': ') ? capital(core) : core}${end}`;
  const context = random.next() < 0.5 ? random.pick(CONTEXT.filter(([, topics]) => topics.includes(topic)))[0] : '';
  const parts =
    context === ''
      ? [sentence]
      : random.next() < 0.3 && opener === ''
        ? [context, sentence]
        : [closed(sentence), context];
  const message = `${parts.join(' ')}${random.pick(CLOSERS)}`;
  return { prompt: tone(random, fill(random, message)), answer: topic };
}

function fill(random: Random, text: string): string {
  const item = random.pick(ITEMS);
  return text.replace(/\{(\w+)\}/g, (_whole, slot: string) => {
    switch (slot) {
      case 'item':
        return item;
      case 'order':
        return random.pick([
          `#${String(10000 + random.integer(90000))}`,
          `${String(100 + random.integer(900))}-${String(1000 + random.integer(9000))}`,
        ]);
      case 'day':
        return random.pick(DAYS);
      case 'city':
        return random.pick(CITIES);
      case 'name':
        return random.pick(NAMES);
      case 'sum':
        return `$${String(9 + random.integer(290))}.${random.pick(['00', '50', '90', '99'])}`;
      case 'n':
        return String(2 + random.integer(9));
      default:
        return random.pick(SUBSETS[slot] ?? ITEMS);
    }
  });
}

/** Some people write without capitals, a few without a hand free. */
function tone(random: Random, text: string): string {
  const roll = random.next();
  if (roll < 0.18) return text.toLowerCase();
  if (roll < 0.24) return text.replace(/\bplease\b/i, 'pls').replace(/\byou\b/g, 'u');
  if (roll < 0.28) return text.toUpperCase();
  return text;
}

function closed(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
