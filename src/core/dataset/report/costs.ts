import { t, tn } from '../../base/messages.ts';
import { automaticEpochs, dollars } from '../../cost/estimate.ts';
import { contextOf } from '../../cost/contexts.ts';
import { isRetired } from '../../cost/lineCost.ts';
import { priceRefusal } from '../../cost/priceCap.ts';
import type { PriceTable } from '../../cost/prices.ts';
import { dayInWords, daysUntil, deadlineOf, OPENAI_TRAINING_ENDS } from '../../provider/deadlines.ts';
import type { ExampleKind } from '../kind.ts';
import type { RowLines } from './rowLines.ts';
import type { DatasetStatistics } from './statistics.ts';
import type { CostRow, CostView, Figure } from './types.ts';

export interface CostOptions {
  /** Prices, with the user's own among them. */
  readonly prices: PriceTable;
  /** Models whose price is the user's own. */
  readonly own: readonly string[];
  /** Limit in US dollars above which no job is started; null: none. */
  readonly cap: number | null;
  /** Time in milliseconds at which models are retired or not. */
  readonly now: number;
}

/** Kinds of which an example of chat is made before training. */
const CONVERTED: ReadonlySet<ExampleKind> = new Set([
  'prompt-completion',
  'prompt-messages',
  'pairs',
  'conversations',
  'instruction',
  'gemini',
  'bedrock',
  'templated',
  'messages-text',
]);

/**
 * Estimates the price of a job on each model, with the epochs that the server would choose. Null when nothing was counted.
 * @param figure makes a number of the page that leads to rows
 */
export function costsOf(
  kind: ExampleKind | null,
  statistics: DatasetStatistics,
  options: CostOptions,
  figure: (id: string, title: string, rows: RowLines) => Figure,
): CostView | null {
  const examples = statistics.examples.count;
  if (kind === null || examples === 0) return null;
  const nothing = { epochs: 0, trainedTokens: 0, rows: [] };
  if (kind === 'reinforcement') {
    const sentence = t('Reinforcement fine-tuning is billed by the hour of training, not by the token.');
    return { ...nothing, sentence, notes: [] };
  }
  if (kind !== 'chat' && !CONVERTED.has(kind)) {
    const sentence =
      kind === 'preference'
        ? t('No price is shown: how many tokens of preference pairs are billed has not been verified.')
        : t('No price is shown: models are not trained on rows of this kind.');
    return { ...nothing, sentence, notes: [] };
  }
  const epochs = automaticEpochs(examples);
  const trainedTokens = statistics.tokens * epochs;
  const estimated = statistics.estimated.count > 0;
  const rows = Object.entries(options.prices.models)
    .map(([model, price]): CostRow => {
      const context = contextOf(model);
      const over = statistics.overLimit.find(({ limit }) => limit === context)?.rows ?? null;
      const totalUsd = (trainedTokens * price.training) / 1e6;
      return {
        model,
        price: price.training,
        own: options.own.includes(model),
        epochUsd: (statistics.tokens * price.training) / 1e6,
        totalUsd,
        contextTokens: context,
        over:
          over === null || context === null
            ? null
            : figure(`over.${String(context)}`, t('Longer than {0} tokens', context), over),
        note: noteOf(model, totalUsd, options),
        retired: isRetired(model, options.now),
      };
    })
    .sort((a, b) => Number(a.retired) - Number(b.retired) || a.totalUsd - b.totalUsd);
  const free: CostRow = {
    model: 'local-linear-1',
    price: null,
    own: false,
    epochUsd: 0,
    totalUsd: 0,
    contextTokens: null,
    over: null,
    note: t('Free: trained on this machine.'),
    retired: false,
  };
  return {
    sentence: [
      epochSentence(CONVERTED.has(kind), estimated, statistics.tokens),
      automaticSentence(estimated, epochs, trainedTokens),
    ].join(' '),
    epochs,
    trainedTokens,
    rows: [free, ...rows],
    notes: [
      `${t('Trained tokens = epochs × Σ examples (1 + Σ messages (4 + o200k tokens)).')} ${pricesSentence(options)}`,
      ...(estimated
        ? [
            t(
              'Tool definitions and calls are counted as compact JSON until a bill confirms it, and images are not counted: the figures shown are estimates.',
            ),
          ]
        : []),
      endOfTraining(daysUntil(OPENAI_TRAINING_ENDS, options.now)),
    ],
  };
}

/** Tokens of one epoch; an example has five at least, so the number is never one. */
function epochSentence(converted: boolean, estimated: boolean, tokens: number): string {
  if (converted) {
    return estimated
      ? t('Converted to chat, one epoch trains about {0} tokens.', tokens)
      : t('Converted to chat, one epoch trains {0} tokens.', tokens);
  }
  return estimated ? t('One epoch trains about {0} tokens.', tokens) : t('One epoch trains {0} tokens.', tokens);
}

function automaticSentence(estimated: boolean, epochs: number, tokens: number): string {
  return estimated
    ? tn(
        epochs,
        'With automatic settings a server chooses {0} epoch for this file: about {1} trained tokens.',
        'With automatic settings a server chooses {0} epochs for this file: about {1} trained tokens.',
        tokens,
      )
    : tn(
        epochs,
        'With automatic settings a server chooses {0} epoch for this file: {1} trained tokens.',
        'With automatic settings a server chooses {0} epochs for this file: {1} trained tokens.',
        tokens,
      );
}

function pricesSentence({ prices, own }: CostOptions): string {
  return own.length > 0
    ? t('Prices of {0}, with your own from {1}.', prices.date, 'tuningFork.cost.prices')
    : t('Prices of {0}.', prices.date);
}

function endOfTraining(days: number): string {
  const day = dayInWords(OPENAI_TRAINING_ENDS);
  if (days <= 0)
    return t('OpenAI has accepted no new fine-tuning jobs since {0}; other providers may charge other prices.', day);
  if (days === 1)
    return t(
      'OpenAI accepts no new fine-tuning jobs from tomorrow, {0}, and none from some organizations already.',
      day,
    );
  return tn(
    days,
    'OpenAI accepts no new fine-tuning jobs from {1} (in {0} day), and none from some organizations already.',
    'OpenAI accepts no new fine-tuning jobs from {1} (in {0} days), and none from some organizations already.',
    day,
  );
}

function noteOf(model: string, totalUsd: number, { cap, now }: CostOptions): string {
  const deadline = deadlineOf({ kind: 'openai' }, model, now);
  const parts: string[] = [];
  if (deadline !== null) {
    const { daysLeft } = deadline;
    const day = dayInWords(deadline.date);
    if (daysLeft <= 0) return t('Retired on {0}: no job can be started.', day);
    parts.push(
      daysLeft === 1
        ? t('Retires tomorrow, {0}, with its fine-tunes.', day)
        : tn(
            daysLeft,
            'Retires on {1}, in {0} day, with its fine-tunes.',
            'Retires on {1}, in {0} days, with its fine-tunes.',
            day,
          ),
    );
  }
  const refusal = priceRefusal({ usd: totalUsd, cap });
  if (refusal !== null) parts.push(t('Above your cap of {0}.', dollars(refusal.limit)));
  return parts.join(' ');
}
