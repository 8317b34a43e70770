import { hostOf } from '../core/provider/addresses.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import { type Advice, type FailureDetails, type Outcome, ProviderFailure } from '../core/provider/failure.ts';
import type { Problem } from '../core/base/result.ts';

export function timeoutFailure(endpoint: Endpoint, timeoutMs: number): ProviderFailure {
  return failure(
    {
      code: 'timeout',
      message: `${hostOf(endpoint.baseUrl)} did not answer within ${Math.round(timeoutMs / 1000)} s.`,
      action: 'Try again in a moment.',
    },
    { outcome: 'unknown', advice: 'later' },
  );
}

/** The answer was a success that is not what the API sends: a page of a proxy or a captive portal, nothing, another shape. */
export function notTheApi(endpoint: Endpoint): ProviderFailure {
  return failure(
    {
      code: 'not-the-api',
      message: `${hostOf(endpoint.baseUrl)} answered with something that is not the API's answer.`,
      action: 'Check the address of the connection and whether a proxy or a sign-in page stands in between.',
    },
    { outcome: 'unknown', advice: 'never' },
  );
}

/** A failure without an answer's status, unless `details` have one. */
export function failure(
  problem: Problem,
  details: { readonly outcome: Outcome; readonly advice: Advice } & Partial<FailureDetails>,
): ProviderFailure {
  return new ProviderFailure(problem, { status: null, serverCode: null, retryAfterMs: null, ...details });
}
