import type { Connection } from '../../core/connection.ts';
import { dollars } from '../../core/cost/estimate.ts';
import { priceOf, PRICES, type PriceTable } from '../../core/cost/prices.ts';
import { isProviderFailure, type ModelInfo, type Provider } from '../../core/provider.ts';
import type { Choice } from '../multiStep.ts';

/** Null: the user types the name. */
export type ModelChoice = string | null;

const TYPE_IT: Choice<ModelChoice> = { label: '$(edit) Enter a model name…', alwaysShow: true, value: null };

/** The table of prices with the user's own in front. */
export function priceTable(overrides: Readonly<Record<string, number>>): PriceTable {
  const models = { ...PRICES.models };
  for (const [model, training] of Object.entries(overrides)) {
    const known = priceOf(model);
    models[model] = { training, input: known?.input ?? 0, output: known?.output ?? 0 };
  }
  return { ...PRICES, models };
}

/**
 * What a job can start from. OpenAI's list does not say which models can be tuned, so there the price table does, with the
 * retirement dates that the list adds; elsewhere everything the provider lists is offered, since nothing better is known.
 */
export async function baseModelChoices(
  connection: Connection,
  provider: Pick<Provider, 'listModels'>,
  prices: PriceTable,
  signal: AbortSignal,
): Promise<readonly Choice<ModelChoice>[]> {
  let models: readonly ModelInfo[];
  try {
    models = await provider.listModels({ signal });
  } catch (error) {
    // A key restricted to fine-tuning may not list models (403), and some gateways have no list (404): the name can still be typed.
    if (!isProviderFailure(error) || (error.status !== 403 && error.status !== 404)) throw error;
    models = [];
  }
  const price = (model: string): string => {
    const known = priceOf(model, prices);
    return known ? `${dollars(known.training)} per 1M trained tokens` : '';
  };
  if (connection.kind === 'local') {
    return models
      .filter((model) => !model.id.startsWith('ft:'))
      .map((model) => ({
        label: model.id,
        description: 'free',
        detail: 'A linear baseline trained on this machine in seconds: a floor to beat, not a language model.',
        value: model.id,
      }));
  }
  const dated = new Map(models.map((model) => [model.id, model.shutdownDate]));
  const describe = (model: string): Choice<ModelChoice> => {
    const shutdown = dated.get(model);
    return {
      label: model,
      description: [price(model), shutdown ? `retires ${shutdown}` : ''].filter(Boolean).join(' · '),
      value: model,
    };
  };
  if (connection.kind === 'openai') {
    const tuned = models.filter((model) => model.id.startsWith('ft:') && !model.id.includes(':ckpt-'));
    return [...Object.keys(prices.models).map(describe), ...tuned.map((model) => describe(model.id)), TYPE_IT];
  }
  return [...models.map((model) => describe(model.id)), TYPE_IT];
}
