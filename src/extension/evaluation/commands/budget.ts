import { priceTable } from '../../../core/cost/prices.ts';
import { isFree } from '../../../core/provider/localModel.ts';
import { budgetOf } from '../../../evals/budget.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import type { Budget } from '../../../evals/spending.ts';
import { priceOverrides } from '../../config.ts';
import type { Services } from '../../services.ts';

/** Limit that holds a start to its agreed price; undefined where there is none (free, or unknown). @param usd the agreed price of all requests */
export async function agreedBudget(
  { providers }: Pick<Services, 'providers'>,
  run: Pick<EvaluationRun, 'config' | 'items' | 'openItems'>,
  usd: number | null,
): Promise<Budget | undefined> {
  const paid = new Map<string, string>();
  for (const { id, connectionId, model } of run.config.contestants) {
    if (connectionId === undefined || model === undefined) continue;
    if (!isFree(await providers.connection(connectionId), model)) paid.set(id, model);
  }
  return budgetOf(run, usd, paid, priceTable(priceOverrides()));
}
