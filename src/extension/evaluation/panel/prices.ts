import { priceOf, priceTable } from '../../../core/cost/prices.ts';
import type { Contestant } from '../../../core/evaluation/types.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { isFree } from '../../../core/provider/localModel.ts';
import type { TokenPrice } from '../../../protocol/evaluationPanel.ts';
import { priceOverrides } from '../../config.ts';

/** Prices of the contestants whose models cost something and are in the price list. */
export function pricesOf(
  contestants: readonly Contestant[],
  connections: readonly Connection[],
): readonly TokenPrice[] {
  const table = priceTable(priceOverrides());
  return contestants.flatMap(({ id, connectionId, model }) => {
    const connection = connections.find((one) => one.id === connectionId);
    if (!connection || model === undefined || isFree(connection, model)) return [];
    const { input = null, output = null } = priceOf(model, table) ?? {};
    return input === null || output === null ? [] : [{ contestant: id, input, output }];
  });
}
