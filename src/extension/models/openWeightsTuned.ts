import { isServedHere, type Connection } from '../../core/provider/connection.ts';
import { LOCAL_BASE_MODEL } from '../../core/provider/localModel.ts';
import { parseModelName } from '../../core/training/modelName.ts';

/** Tells models and checkpoints that were fine-tuned from open weights, on this machine or on a cluster, and whose adapters are here. */
export function isOpenWeightsTuned(connection: Pick<Connection, 'kind'>, model: string): boolean {
  const { form, base } = parseModelName(model);
  return isServedHere(connection) && form === 'ft' && base !== LOCAL_BASE_MODEL;
}
