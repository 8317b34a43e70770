import { LOCAL_BASE_MODEL } from '../../core/provider/localModel.ts';
import { parseModelName } from '../../core/training/modelName.ts';

/** Tells models and checkpoints that were fine-tuned on this machine from open weights. */
export function isOpenWeightsTuned(connectionId: string, model: string): boolean {
  const { form, base } = parseModelName(model);
  return connectionId === 'local' && form === 'ft' && base !== LOCAL_BASE_MODEL;
}
