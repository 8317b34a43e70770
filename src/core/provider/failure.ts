// How a call to a provider fails: what became of the request, what to do next, and the sentence for the user.
import type { Problem } from '../base/result.ts';

/**
 * What the failure means for the request: `refused`: the server answered that it did not do it. `not-sent`: it never got there.
 * `unknown`: it may have done it (time-out, reset, 5xx, 409, an answer that is not the API's).
 */
export type Outcome = 'refused' | 'not-sent' | 'unknown';

/**
 * What to do next: `later`: the same request may work after a wait. `never`: this request will not work. `stop`: nothing on
 * this connection will work until the user did something (key, quota).
 */
export type Advice = 'later' | 'never' | 'stop';

export interface FailureDetails {
  readonly outcome: Outcome;
  readonly advice: Advice;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** The server's own error code, e.g. `insufficient_quota`. */
  readonly serverCode: string | null;
  /** What the server asked for, at most 60,000; null when it did not. */
  readonly retryAfterMs: number | null;
}

const NAME = 'ProviderFailure';

export class ProviderFailure extends Error implements FailureDetails {
  readonly problem: Problem;
  readonly outcome: Outcome;
  readonly advice: Advice;
  readonly status: number | null;
  readonly serverCode: string | null;
  readonly retryAfterMs: number | null;

  constructor(problem: Problem, details: FailureDetails) {
    super(problem.message);
    this.name = NAME;
    this.problem = problem;
    this.outcome = details.outcome;
    this.advice = details.advice;
    this.status = details.status;
    this.serverCode = details.serverCode;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Not `instanceof`: the API client is a bundle of its own, with its own copy of the class. */
export function isProviderFailure(error: unknown): error is ProviderFailure {
  return error instanceof Error && error.name === NAME && 'problem' in error && 'outcome' in error;
}

/** The `Problem` in whatever was thrown (any error that carries one as `problem`); a bug becomes `unexpected`. */
export function problemOf(error: unknown): Problem {
  if (isProviderFailure(error)) return error.problem;
  if (error instanceof Error && 'problem' in error && isProblem(error.problem)) return error.problem;
  return {
    code: 'unexpected',
    message: `Something unexpected went wrong: ${error instanceof Error ? error.message : String(error)}.`,
    action: 'See the log for details.',
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
