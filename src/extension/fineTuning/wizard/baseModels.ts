import type { Connection } from '../../../core/provider/connection.ts';
import { dollars } from '../../../core/cost/estimate.ts';
import { priceOf, type PriceTable } from '../../../core/cost/prices.ts';
import { deadlineBadge, deadlineOf, deadlineSentence } from '../../../core/provider/deadlines.ts';
import { retirementsOf, sortModels } from '../../../core/provider/models.ts';
import type { ModelInfo, Provider } from '../../../core/provider/api.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import type { Choice } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';

/** Null: the user types the name. */
export type ModelChoice = string | null;

const TYPE_IT: Choice<ModelChoice> = { label: '$(edit) Enter a model name…', alwaysShow: true, value: null };

/** What a job can start from, with its price and the days it has left; any other name can be typed. */
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
  const { bases, tuned } = sortModels(connection.kind, models, Object.keys(prices.models));
  if (connection.kind === 'local') {
    return bases.map((model) => ({
      label: plainText(model),
      description: 'free',
      detail: 'A linear baseline trained on this machine in seconds: a floor to beat, not a language model.',
      value: model,
    }));
  }
  const dates = { kind: connection.kind, retirements: retirementsOf(models) };
  const describe = (model: string): Choice<ModelChoice> => {
    const deadline = deadlineOf(dates, model, Date.now());
    return {
      label: plainText(model),
      description: [price(model), deadline ? deadlineBadge(deadline) : ''].filter(Boolean).join(' · '),
      ...(deadline ? { detail: deadlineSentence(deadline) } : {}),
      value: model,
    };
  };
  // What is over cannot be learned from; what was tuned can be tuned on.
  const open = [...bases, ...tuned.map(({ id }) => id)].filter(
    (model) => (deadlineOf(dates, model, Date.now())?.daysLeft ?? 1) > 0,
  );
  return [...open.map(describe), TYPE_IT];
}
