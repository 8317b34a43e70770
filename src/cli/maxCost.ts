import { t } from '../core/base/messages.ts';
import { dollars } from '../core/cost/estimate.ts';
import { priceRefusal } from '../core/cost/priceCap.ts';
import { CommandFailure, EXIT, numberOf } from './options.ts';
import { say } from './terminal.ts';

/** Allowed costs. `null`: nothing that costs money; `cap`: as much as the editor's limit; `Infinity`: any amount. */
export type MaxCost = number | 'cap' | null;

export function maxCostOf(typed: string | undefined): MaxCost {
  if (typed === undefined) return null;
  if (typed === 'cap') return 'cap';
  return typed === 'none'
    ? Infinity
    : numberOf(typed, t('{0} is not an amount in US dollars.', typed), { integer: false });
}

/** Sentences about what makes a command cheaper, or allows more. */
export interface CheaperWays {
  readonly ifUnknown: string;
  readonly orMore: string;
  /** @param usd amount that would be enough */
  readonly orAllow: (usd: string) => string;
}

/**
 * Refuses costs above the allowed ones. The command line asks no question, so the user has to allow costs beforehand. The editor's limit
 * allows nothing by itself, since the editor asks as well; --max-cost overrides it, with a note about a lower limit.
 * @param cap limit of the editor, in US dollars; null when there is none
 * @param ways what helps where too little is allowed
 * @throws CommandFailure with exit code 3
 */
export function refuseAboveMaxCost(
  usd: number | null,
  sentence: string,
  maxCost: MaxCost,
  cap: number | null,
  ways: CheaperWays,
): void {
  if (usd === 0) return;
  if (maxCost === 'cap' && cap === null) {
    refuse(
      'price-cap-unknown',
      t('No price limit is known here: tuningFork.cost.cap is not set in VS Code, or VS Code was not used afterwards.'),
      t('Name an amount with --max-cost USD.'),
    );
  }
  const override = typeof maxCost === 'number' ? maxCost : null;
  const refusal = priceRefusal({ usd, cap, override });
  if (refusal?.reason === 'unknown-amount' || (usd === null && maxCost === null)) {
    refuse('price-unknown', sentence, ways.ifUnknown);
  }
  if (usd !== null && refusal?.limitFrom === 'cap') {
    refuse(
      'above-price-cap',
      `${t("This would cost about {0}, and the limit in VS Code's settings (tuningFork.cost.cap) is {1}.", dollars(usd), dollars(refusal.limit))} ${sentence}`,
      ways.orAllow(cents(usd)),
    );
  }
  if (usd !== null && refusal?.limitFrom === 'override') {
    refuse(
      'above-price-cap',
      `${t('This would cost about {0}, and --max-cost allows {1}.', dollars(usd), dollars(refusal.limit))} ${sentence}`,
      ways.orMore,
    );
  }
  if (usd !== null && maxCost === null)
    refuse(
      'price-not-allowed',
      `${t('This would cost money.')} ${sentence}`,
      t('Allow it with --max-cost {0}.', cents(usd)),
    );
  if (cap !== null && override !== null && override > cap)
    say(
      t(
        "Note that the limit in VS Code's settings (tuningFork.cost.cap) is {0}; --max-cost overrides it.",
        dollars(cap),
      ),
    );
}

function refuse(code: string, message: string, action: string): never {
  throw new CommandFailure({ code, message, action }, EXIT.price);
}

/** Rounds up to cents, so that the amount is enough. */
function cents(usd: number): string {
  return (Math.ceil(usd * 100) / 100).toFixed(2);
}
