import type { ChatExample } from '../../../src/core/dataset/example.ts';
import { textOf } from '../../../src/core/dataset/example.ts';
import { createRandom } from '../../../src/core/base/random.ts';
import type {
  Notice,
  RequestedHyperparameters,
  ResolvedHyperparameters,
  StepMetrics,
} from '../../../src/local/engines/engine.ts';
import { LinearEngine } from '../../../src/local/engines/linear/linearEngine.ts';
import { priceRows } from '../../support/priceData.ts';

export const AUTO: RequestedHyperparameters = { nEpochs: 'auto', batchSize: 'auto', learningRateMultiplier: 'auto' };

export function example(question: string, answer: string): ChatExample {
  return {
    messages: [
      { role: 'system', content: 'Answer briefly.' },
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  };
}

export function prices(count: number, first = 0): ChatExample[] {
  return priceRows(count, first).map(({ question, answer }) => example(question, answer));
}

const TOPICS: readonly (readonly [string, readonly string[]])[] = [
  ['card_arrival', ['card', 'arrive', 'post', 'delivery', 'waiting']],
  ['card_lost', ['card', 'lost', 'stolen', 'missing', 'block']],
  ['exchange_rate', ['rate', 'exchange', 'currency', 'euro', 'convert']],
  ['top_up_failed', ['top', 'up', 'failed', 'declined', 'deposit']],
];

/** Questions of a few words, each mostly from its class. */
export function intents(count: number, seed: number): ChatExample[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const [label, words] = TOPICS[index % TOPICS.length] ?? ['', []];
    const said = Array.from({ length: 4 }, () => random.pick(words));
    return example(`Please help: ${said.join(' ')} now ${String(random.integer(50))}`, label);
  });
}

export function shuffledAnswers(examples: readonly ChatExample[], seed: number): ChatExample[] {
  const answers = createRandom(seed).shuffle(examples.map(({ messages }) => messages.at(-1)));
  return examples.map(({ messages }, index) => {
    const answer = answers[index];
    return { messages: answer ? [...messages.slice(0, -1), answer] : messages };
  });
}

export interface Trained {
  readonly finished: boolean;
  readonly metrics: StepMetrics[];
  readonly notices: Notice[];
  readonly models: Uint8Array[];
  readonly resolved: ResolvedHyperparameters | null;
  readonly totalSteps: number;
  /** How far it was when it was stopped. */
  readonly state: Uint8Array | null;
}

/** Trains to the end, or until `stopAfter` steps have been reported. */
export function train(
  examples: readonly ChatExample[],
  options: {
    readonly hyperparameters?: Partial<RequestedHyperparameters>;
    readonly validation?: readonly ChatExample[];
    readonly seed?: number;
    readonly stopAfter?: number;
    readonly resume?: Uint8Array;
  } = {},
): Trained {
  const metrics: StepMetrics[] = [];
  const notices: Notice[] = [];
  const models: Uint8Array[] = [];
  let resolved: ResolvedHyperparameters | null = null;
  let totalSteps = 0;
  const result = new LinearEngine().train(
    {
      examples,
      validation: options.validation ?? [],
      hyperparameters: { ...AUTO, ...options.hyperparameters },
      seed: options.seed ?? 1,
      resume: options.resume ?? null,
    },
    {
      started(hyperparameters, steps) {
        resolved = hyperparameters;
        totalSteps = steps;
      },
      notice: (notice) => notices.push(notice),
      metrics: (step) => metrics.push(step),
      checkpoint: ({ model }) => models.push(model),
    },
    {
      get aborted() {
        return metrics.length >= (options.stopAfter ?? Infinity);
      },
    },
  );
  const state = result.finished ? null : (result.save?.() ?? null);
  return { finished: result.finished, state, metrics, notices, models, resolved, totalSteps };
}

/** Signal of a request that nobody gives up. */
export const UNSTOPPED = new AbortController().signal;

/** Answers at temperature 0 to the prompt of an example, the given prefix as the beginning of the answer. */
export async function answer(model: Uint8Array, of: ChatExample, prefix = ''): Promise<string> {
  const prompt = of.messages.slice(0, -1);
  const { completions } = await new LinearEngine().load(model).complete(
    {
      messages: prefix === '' ? prompt : [...prompt, { role: 'assistant', content: prefix }],
      temperature: 0,
      topP: 1,
      seed: 1,
      maxTokens: null,
      stop: [],
      n: 1,
    },
    UNSTOPPED,
  );
  return completions[0]?.text ?? '';
}

export function lastModel(trained: Trained): Uint8Array {
  const model = trained.models.at(-1);
  if (!model) throw new Error('No checkpoint was made.');
  return model;
}

/** Mean error of the answers over that of the training answers' median. */
export async function priceRatio(
  model: Uint8Array,
  training: readonly ChatExample[],
  test: readonly ChatExample[],
  prefix = 'Price is $',
): Promise<number> {
  const price = (text: string): number => Number(/\d[\d,]*(?:\.\d+)?/u.exec(text)?.[0].replaceAll(',', ''));
  const truth = (of: ChatExample): number => price(textOf(of.messages.at(-1) ?? { content: '' }));
  const sorted = training.map(truth).sort((a, b) => a - b);
  const constant = ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
  let error = 0;
  let constantError = 0;
  for (const item of test) {
    error += Math.abs(price(await answer(model, item, prefix)) - truth(item));
    constantError += Math.abs(constant - truth(item));
  }
  return error / constantError;
}
