import { t } from '../../core/base/messages.ts';
import { dollars } from '../../core/cost/estimate.ts';
import { priceRefusal } from '../../core/cost/priceCap.ts';
import { costCap } from '../config.ts';
import { SETTINGS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from './errors.ts';
import type { Ui } from './ui.ts';

/** Services with a price. */
type Paid = 'training' | 'asking';

/** Ways out of a cap, by the service that would be paid for. */
function wayOut(of: Paid, cause: 'unknown' | 'above'): string {
  if (of === 'training') {
    return cause === 'unknown'
      ? t("Enter the model's price in the setting {0}, or clear the cap.", SETTINGS.prices)
      : t('Choose fewer epochs, fewer examples or a cheaper model, or raise the cap in the settings.');
  }
  // Prices in the settings are training prices: they do not apply to requests.
  return cause === 'unknown'
    ? t('Choose a model with a known price, or clear the cap.')
    : t('Choose a shorter test file or a cheaper model, or raise the cap in the settings.');
}

/**
 * Refuses to spend more than the user's cap.
 * @param usd the estimate; null: not known
 * @throws ProblemError when the user's cap does not allow it
 */
export function refuseAboveCap(usd: number | null, of: Paid = 'training'): void {
  const refusal = priceRefusal({ usd, cap: costCap() });
  if (refusal === null) return;
  throw new ProblemError(
    usd === null
      ? {
          code: 'price-unknown',
          message: t(
            'The price is not known in advance, so your cap of {0} cannot be enforced.',
            dollars(refusal.limit),
          ),
          action: wayOut(of, 'unknown'),
        }
      : {
          code: 'above-price-cap',
          message: t('This would cost about {0}, and your cap is {1}.', dollars(usd), dollars(refusal.limit)),
          action: wayOut(of, 'above'),
        },
    { title: t('Open Settings'), command: 'workbench.action.openSettings', args: [SETTINGS.costCap] },
  );
}

/**
 * Asks in the one modal before money is spent. Enter and Escape spend nothing: the first button, which Enter presses, leads back to
 * the summary.
 * @param back the first button
 * @returns false when the user pressed the first button, `back`
 * @throws Cancelled when the dialog was closed
 */
export async function confirmPaid(
  ui: Pick<Ui, 'modal'>,
  question: string,
  detail: string,
  start: string,
  back = t('Back to Summary'),
): Promise<boolean> {
  const choice = await ui.modal(inert(question), inert(detail), back, start);
  if (choice === undefined) throw new Cancelled();
  return choice === start;
}
