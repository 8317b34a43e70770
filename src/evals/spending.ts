import { t } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';
import { dollars } from '../core/cost/estimate.ts';
import type { Contestant, TestItem, TokenUsage } from '../core/evaluation/types.ts';

/** Limit for what the requests of one start may cost. Amounts in US dollars; models without a known price cost 0. */
export interface Budget {
  readonly maxUsd: number;
  /** The most that one request can cost. */
  readonly bound: (contestant: Contestant, item: TestItem) => number;
  /** Cost of a request; `usage` is null when the provider told no tokens, and when the fate of the request is unknown. */
  readonly cost: (contestant: Contestant, usage: TokenUsage | null) => number;
}

/**
 * Sum of what a start has spent, and of the most that its requests under way can cost: together they never pass the limit.
 */
export class Spending {
  readonly #budget: Budget | null;
  #spent = 0;
  #underWay = 0;

  constructor(budget: Budget | undefined) {
    this.#budget = budget ?? null;
  }

  bound(contestant: Contestant, item: TestItem): number {
    return this.#budget?.bound(contestant, item) ?? 0;
  }

  /** Tells whether a request that can cost so much may be sent now. */
  allows(bound: number): boolean {
    return this.#budget === null || bound === 0 || this.#spent + this.#underWay + bound <= this.#budget.maxUsd;
  }

  begin(bound: number): void {
    this.#underWay += bound;
  }

  /** @param usage tokens of the reply; `unknown`: the request may have been billed; null: it was not */
  end(bound: number, contestant: Contestant, usage: TokenUsage | 'unknown' | null): void {
    this.#underWay -= bound;
    if (this.#budget === null || usage === null) return;
    this.#spent += this.#budget.cost(contestant, usage === 'unknown' ? null : usage);
  }

  /** Says why the run pauses. */
  problem(): Problem {
    return {
      code: 'cost-limit',
      message: t(
        'The next request could bring the cost above the limit of {0}; {1} are spent.',
        dollars(this.#budget?.maxUsd ?? 0),
        dollars(this.#spent),
      ),
      action: t('Resume to go on with a limit of its own; all answers are kept.'),
    };
  }
}
