import { t } from '../../../core/base/messages.ts';
import { isServedHere, type Connection } from '../../../core/provider/connection.ts';
import { dollars } from '../../../core/cost/estimate.ts';
import { methodsOf, profileOf } from '../../../core/provider/profiles.ts';
import type { MethodName } from '../../../core/training/job.ts';
import { priceOf, type PriceTable } from '../../../core/cost/prices.ts';
import { deadlineBadge, deadlineOf, deadlineSentence } from '../../../core/provider/deadlines.ts';
import { LOCAL_BASE_MODEL } from '../../../core/provider/localModel.ts';
import { retirementsOf, sortModels } from '../../../core/provider/models.ts';
import type { ModelInfo, Provider } from '../../../core/provider/api.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import type { Choice } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';

/** Null: the user types the name. `WAY_IN`: a row that leads to a real language model on this machine. */
export type ModelChoice = string | null | typeof WAY_IN;

/** Value of the row that sets open-weights training up, or adds a model to it. */
export const WAY_IN = Symbol('way-in');

/** Base models of a connection with their prices and retirement dates; the user can type any other name. */
export async function baseModelChoices(
  connection: Connection,
  provider: Pick<Provider, 'listModels'>,
  prices: PriceTable,
  signal: AbortSignal,
  { method, isSetUp }: { readonly method: MethodName; readonly isSetUp: boolean },
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
  if (isServedHere(connection)) {
    const profile = profileOf(connection.kind);
    // A real language model goes before the baseline, which is what Enter would take otherwise.
    const rows = [...bases]
      .sort((a, b) => Number(a === LOCAL_BASE_MODEL) - Number(b === LOCAL_BASE_MODEL))
      .filter((model) => methodsOf(profile, model).includes(method))
      .map((model) => ({
        label: plainText(model),
        description: connection.kind === 'ray' ? t('not billed by a provider') : t('free'),
        detail:
          model === LOCAL_BASE_MODEL
            ? t('A linear baseline, not a language model, trained on this machine in seconds.')
            : connection.kind === 'ray'
              ? t('An open-weights language model, fine-tuned on the cluster with an adapter (LoRA).')
              : t('An open-weights language model, fine-tuned on this machine with an adapter (LoRA).'),
        value: model,
      }));
    return [
      ...rows,
      wayIn(
        method,
        isSetUp,
        bases.some((model) => model !== LOCAL_BASE_MODEL),
      ),
    ];
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

/** Row that leads to an open-weights model, with the reason why the baseline is not among the others. */
function wayIn(method: MethodName, isSetUp: boolean, hasModels: boolean): Choice<ModelChoice> {
  const reason = whyNoBaseline(method);
  return {
    label: isSetUp
      ? `$(add) ${t('Add Open-Weights Model…')}`
      : hasModels || method !== 'supervised'
        ? `$(desktop-download) ${t('Set Up Open-Weights Training…')}`
        : `$(desktop-download) ${t('Use a real language model…')}`,
    description: isSetUp ? t('from the hub, a folder or a GGUF file') : t('on this machine; it needs Python'),
    ...(reason === null ? {} : { detail: reason }),
    alwaysShow: true,
    value: WAY_IN,
  };
}

/** Reason why the baseline is not offered for a method; null when it is. */
function whyNoBaseline(method: MethodName): string | null {
  switch (method) {
    case 'supervised':
      return null;
    case 'dpo':
      return t('Preference pairs need an open-weights model; {0} learns from chats only.', LOCAL_BASE_MODEL);
    case 'reinforcement':
      return t('A grader needs an open-weights model; {0} learns from chats only.', LOCAL_BASE_MODEL);
  }
}
