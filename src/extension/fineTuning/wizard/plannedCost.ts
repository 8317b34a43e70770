import { t } from '../../../core/base/messages.ts';
import { automaticEpochs, estimateCost, type CostEstimate } from '../../../core/cost/estimate.ts';
import { hourlyEstimate } from '../../../core/cost/hourly.ts';
import { uncountedEstimate } from '../../../core/cost/uncounted.ts';
import { isFree } from '../../../core/provider/localModel.ts';
import { priceOverrides } from '../../config.ts';
import { priceTable } from '../../../core/cost/prices.ts';
import { SPLIT_SHARE, type TuningPlan } from './tuningPlan.ts';

export interface PlannedCost {
  readonly epochs: number;
  readonly estimate: CostEstimate;
}

/** Epochs and cost of the planned job. The provider may choose other epochs when they are automatic. */
export function plannedCost(plan: TuningPlan): PlannedCost {
  const share = plan.validation.kind === 'split' ? 1 - SPLIT_SHARE : 1;
  const { n_epochs } = plan.hyperparameters;
  const epochs = n_epochs === 'auto' ? automaticEpochs(Math.round(plan.trainingSummary.examples * share)) : n_epochs;
  const tokens = (plan.trainingSummary.tokens ?? 0) * share;
  const free = isFree(plan.connection, plan.model);
  const kind = free && plan.connection.kind !== 'ray' ? 'local' : plan.connection.kind;
  if (plan.method === 'reinforcement' && !free) {
    return { epochs, estimate: hourlyEstimate(plan.model, Math.round(tokens * epochs)) };
  }
  if (plan.trainingSummary.tokens === null && !free) return { epochs, estimate: uncountedEstimate() };
  const estimate = estimateCost(plan.model, tokens, epochs, {
    connection: kind,
    prices: priceTable(priceOverrides()),
    toolTokensPerEpoch: (plan.trainingSummary.toolTokens ?? 0) * share,
  });
  // The local engine chooses its epochs by the validation loss, so only the price is known in advance.
  const unknownEpochs = kind === 'local' && n_epochs === 'auto';
  return {
    epochs,
    estimate: unknownEpochs ? { ...estimate, sentence: t('Free: trained on this machine.') } : estimate,
  };
}
