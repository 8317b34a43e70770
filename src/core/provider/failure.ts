// Failures of calls to a provider: the fate of the request, the next step, and the sentence for the user.
import { t } from '../base/messages.ts';
import type { Problem } from '../base/result.ts';

/**
 * Fate of the request. `refused`: the server answered that it did not perform it. `not-sent`: it never reached the server.
 * `unknown`: the server may have performed it (time-out, reset, 5xx, 409, an answer that is not the API's).
 */
export type Outcome = 'refused' | 'not-sent' | 'unknown';

/**
 * Next step. `later`: the same request may work after a wait. `never`: this request will not work. `stop`: nothing on
 * this connection will work until the user has acted (key, quota).
 */
export type Advice = 'later' | 'never' | 'stop';

export interface FailureDetails {
  readonly outcome: Outcome;
  readonly advice: Advice;
  /** HTTP status; null without an answer. */
  readonly status: number | null;
  /** Error code of the server, e.g. `insufficient_quota`. */
  readonly serverCode: string | null;
  /** Wait that the server asked for, at most 60,000; null when it asked for none. */
  readonly retryAfterMs: number | null;
  /** Parameter that the server complains about, e.g. `temperature`. */
  readonly parameter?: string | null;
}

const NAME = 'ProviderFailure';

export class ProviderFailure extends Error implements FailureDetails {
  readonly problem: Problem;
  readonly outcome: Outcome;
  readonly advice: Advice;
  readonly status: number | null;
  readonly serverCode: string | null;
  readonly retryAfterMs: number | null;
  readonly parameter: string | null;

  constructor(problem: Problem, details: FailureDetails) {
    super(problem.message);
    this.name = NAME;
    this.problem = problem;
    this.outcome = details.outcome;
    this.advice = details.advice;
    this.status = details.status;
    this.serverCode = details.serverCode;
    this.retryAfterMs = details.retryAfterMs;
    this.parameter = details.parameter ?? null;
  }
}

/** Recognizes the error by its shape, not by `instanceof`: the API client is a bundle of its own, with its own copy of the class. */
export function isProviderFailure(error: unknown): error is ProviderFailure {
  return error instanceof Error && error.name === NAME && 'problem' in error && 'outcome' in error;
}

/** `Problem` of a thrown value (any error that carries one as `problem`); a bug becomes `unexpected`. */
export function problemOf(error: unknown): Problem {
  if (isProviderFailure(error)) return error.problem;
  if (error instanceof Error && 'problem' in error && isProblem(error.problem)) return error.problem;
  return {
    code: 'unexpected',
    message: t('Something unexpected went wrong: {0}.', error instanceof Error ? error.message : String(error)),
    action: t('See the log for details.'),
  };
}

export function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    'message' in value &&
    'action' in value &&
    typeof value.message === 'string' &&
    typeof value.action === 'string'
  );
}
