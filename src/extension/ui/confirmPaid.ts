import { dollars } from '../../core/cost/estimate.ts';
import { priceRefusal } from '../../core/cost/priceCap.ts';
import { costCap } from '../config.ts';
import { SETTINGS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from './errors.ts';
import type { Ui } from './ui.ts';

/** Ways out of a cap, by what would be paid for. */
const WAYS_OUT = {
  training: {
    unknown: `Enter the model's price in the setting ${SETTINGS.prices}, or clear the cap.`,
    above: 'Choose fewer epochs, fewer rows or a cheaper model, or raise the cap in the settings.',
  },
  // The prices of the settings are those of training: they say nothing of asking.
  asking: {
    unknown: 'Choose a model whose price is known, or clear the cap.',
    above: 'Choose a shorter test file or a cheaper model, or raise the cap in the settings.',
  },
} as const;

/**
 * @param usd the estimate; null: not known
 * @throws ProblemError when the user's cap does not allow it
 */
export function refuseAboveCap(usd: number | null, of: keyof typeof WAYS_OUT = 'training'): void {
  const refusal = priceRefusal({ usd, cap: costCap() });
  if (refusal === null) return;
  throw new ProblemError(
    usd === null
      ? {
          code: 'price-unknown',
          message: `The price of this is not known beforehand, so your cap of ${dollars(refusal.limit)} cannot be kept.`,
          action: WAYS_OUT[of].unknown,
        }
      : {
          code: 'above-price-cap',
          message: `This would cost about ${dollars(usd)}, and your cap is ${dollars(refusal.limit)}.`,
          action: WAYS_OUT[of].above,
        },
    { title: 'Open Settings', command: 'workbench.action.openSettings', args: [SETTINGS.costCap] },
  );
}

/**
 * The one modal before money is spent. Enter and Escape spend nothing: the first button, which Enter presses, leads back to the
 * summary.
 * @param back the first button
 * @returns false when the user pressed the first button, `back`
 * @throws Cancelled when the dialog was closed
 */
export async function confirmPaid(
  ui: Pick<Ui, 'modal'>,
  question: string,
  detail: string,
  start: string,
  back = 'Back to Summary',
): Promise<boolean> {
  const choice = await ui.modal(inert(question), inert(detail), back, start);
  if (choice === undefined) throw new Cancelled();
  return choice === start;
}
