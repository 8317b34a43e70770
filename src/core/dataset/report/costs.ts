import { count } from '../../base/numbers.ts';
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
  /** With the user's own prices in it. */
  readonly prices: PriceTable;
  /** Models whose price is the user's own. */
  readonly own: readonly string[];
  /** US dollars above which no job is started; null: none. */
  readonly cap: number | null;
  /** Milliseconds; says what has retired by then. */
  readonly now: number;
}

/** Kinds that are trained on, or would be once they are converted. */
const CONVERTED: ReadonlySet<ExampleKind> = new Set(['prompt-completion', 'conversations', 'instruction']);

/**
 * What a job would cost on each model, epochs as the server would choose them. Null when nothing was counted. `figure`
 * makes a number of the page that leads to rows.
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
    const sentence = 'Reinforcement fine-tuning is billed by the hour of training, not by the token.';
    return { ...nothing, sentence, notes: [] };
  }
  if (kind !== 'chat' && !CONVERTED.has(kind)) {
    const sentence =
      kind === 'preference'
        ? 'How many tokens of preference pairs are billed has not been verified: no price is shown.'
        : 'Rows of this kind are not trained on: no price is shown.';
    return { ...nothing, sentence, notes: [] };
  }
  const epochs = automaticEpochs(examples);
  const trainedTokens = statistics.tokens * epochs;
  const about = statistics.estimated.count > 0 ? 'about ' : '';
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
            : figure(`over.${String(context)}`, `Longer than ${count(context)} tokens`, over),
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
    note: 'Free: trained on this machine.',
    retired: false,
  };
  const days = daysUntil(OPENAI_TRAINING_ENDS, options.now);
  return {
    sentence: `${CONVERTED.has(kind) ? 'Converted to chat, one' : 'One'} epoch trains ${about}${count(statistics.tokens)} tokens. With automatic settings a server chooses ${epochs === 1 ? 'one epoch' : `${String(epochs)} epochs`} for ${count(examples)} ${examples === 1 ? 'example' : 'examples'}: ${about}${count(trainedTokens)} trained tokens.`,
    epochs,
    trainedTokens,
    rows: [free, ...rows],
    notes: [
      `Trained tokens = epochs × Σ examples (1 + Σ messages (4 + o200k tokens)). Prices of ${options.prices.date}${options.own.length > 0 ? ', with your own from tuningFork.cost.prices' : ''}.`,
      ...(statistics.estimated.count > 0
        ? ['Tools, tool calls and images are not in the formula: what is shown is an estimate.']
        : []),
      days > 0
        ? `OpenAI takes no new fine-tuning jobs from ${dayInWords(OPENAI_TRAINING_ENDS)} on (${inDays(days)}), and none from some organisations already.`
        : `OpenAI has taken no new fine-tuning jobs since ${dayInWords(OPENAI_TRAINING_ENDS)}; other providers may ask other prices.`,
    ],
  };
}

function noteOf(model: string, totalUsd: number, { cap, now }: CostOptions): string {
  const deadline = deadlineOf({ kind: 'openai' }, model, now);
  const parts: string[] = [];
  if (deadline !== null) {
    const day = dayInWords(deadline.date);
    if (deadline.daysLeft <= 0) return `Retired on ${day}: no job can be started.`;
    parts.push(`Retires on ${day}, ${inDays(deadline.daysLeft)}, with its fine-tunes.`);
  }
  const refusal = priceRefusal({ usd: totalUsd, cap });
  if (refusal !== null) parts.push(`Above your cap of ${dollars(refusal.limit)}.`);
  return parts.join(' ');
}

function inDays(days: number): string {
  return days === 1 ? 'tomorrow' : `in ${count(days)} days`;
}
