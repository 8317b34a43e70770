import type { MetricRole } from './families.ts';

/** Loss of a model that never looks at the prompts: training has to come below it. */
export interface UnconditionalLoss {
  readonly role: MetricRole;
  readonly loss: number;
}

const WITHOUT_PROMPTS = /^Without looking at the prompts the (training|validation) loss is (\d+(?:\.\d+)?(?:e-?\d+)?)/;

/** Reads the loss from the event that the local engine writes before the first step; null in other events. */
export function unconditionalLoss(message: string): UnconditionalLoss | null {
  const [, role, loss] = WITHOUT_PROMPTS.exec(message) ?? [];
  return loss === undefined ? null : { role: role === 'training' ? 'train' : 'valid', loss: Number(loss) };
}
