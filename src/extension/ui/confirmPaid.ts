import { dollars } from '../../core/cost/estimate.ts';
import { costCap } from '../config.ts';
import { SETTINGS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from './errors.ts';
import type { Ui } from './ui.ts';

/**
 * @param usd the estimate; an unknown one (null) passes, since the dialog that follows says that it is unknown
 * @throws ProblemError when it is above the user's cap
 */
export function refuseAboveCap(usd: number | null): void {
  const cap = costCap();
  if (cap === null || usd === null || usd <= cap) return;
  throw new ProblemError(
    {
      code: 'above-price-cap',
      message: `This would cost about ${dollars(usd)}, and your cap is ${dollars(cap)}.`,
      action: 'Choose fewer epochs, fewer rows or a cheaper model, or raise the cap in the settings.',
    },
    { title: 'Open Settings', command: 'workbench.action.openSettings', args: [SETTINGS.costCap] },
  );
}

/**
 * The one modal before money is spent. Enter and Escape spend nothing: the first button, which Enter presses, leads back to the
 * summary.
 * @returns false when the user wants to see the summary again
 * @throws Cancelled when the dialog was closed
 */
export async function confirmPaid(
  ui: Pick<Ui, 'modal'>,
  question: string,
  detail: string,
  start: string,
): Promise<boolean> {
  const back = 'Back to Summary';
  const choice = await ui.modal(inert(question), inert(detail), back, start);
  if (choice === undefined) throw new Cancelled();
  return choice === start;
}
