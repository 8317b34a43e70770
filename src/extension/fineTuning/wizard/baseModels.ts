import { t } from '../../../core/base/messages.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { dollars } from '../../../core/cost/estimate.ts';
import { priceOf, type PriceTable } from '../../../core/cost/prices.ts';
import { deadlineBadge, deadlineOf, deadlineSentence } from '../../../core/provider/deadlines.ts';
import { LOCAL_BASE_MODEL } from '../../../core/provider/localModel.ts';
import { retirementsOf, sortModels } from '../../../core/provider/models.ts';
import type { ModelInfo, Provider } from '../../../core/provider/api.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import type { Choice } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';

/** Null: the user types the name. */
export type ModelChoice = string | null;

/** Base models of a connection with their prices and retirement dates; the user can type any other name. */
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
    // A key restricted to fine-tuning may not list models (403), and some gateways have no list (404): the user can still type the name.
    if (!isProviderFailure(error) || (error.status !== 403 && error.status !== 404)) throw error;
    models = [];
  }
  const price = (model: string): string => {
    const known = priceOf(model, prices);
    return known ? t('{0} per 1M trained tokens', dollars(known.training)) : '';
  };
  const { bases, tuned } = sortModels(connection.kind, models, Object.keys(prices.models));
  if (connection.kind === 'local') {
    return bases.map((model) => ({
      label: plainText(model),
      description: t('free'),
      detail:
        model === LOCAL_BASE_MODEL
          ? t('A linear baseline, not a language model, trained on this machine in seconds.')
          : t('An open-weights language model, fine-tuned on this machine with an adapter (LoRA).'),
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
  // Retired models cannot be trained; tuned models can be trained further.
  const open = [...bases, ...tuned.map(({ id }) => id)].filter(
    (model) => (deadlineOf(dates, model, Date.now())?.daysLeft ?? 1) > 0,
  );
  const typed = { label: `$(edit) ${t('Enter a model name…')}`, alwaysShow: true, value: null };
  return [...open.map(describe), typed];
}
