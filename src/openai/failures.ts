import { t } from '../core/base/messages.ts';
import { hostOf } from '../core/provider/addresses.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import { type Advice, type FailureDetails, type Outcome, ProviderFailure } from '../core/provider/failure.ts';
import type { Problem } from '../core/base/result.ts';

export function timeoutFailure(endpoint: Endpoint, timeoutMs: number): ProviderFailure {
  return failure(
    {
      code: 'timeout',
      message: t('{0} did not answer within {1} s.', hostOf(endpoint.baseUrl), Math.round(timeoutMs / 1000)),
      action: t('Try again in a moment.'),
    },
    { outcome: 'unknown', advice: 'later' },
  );
}

/** Failure for a successful answer that is not the API's: a page of a proxy or a captive portal, an empty body, another shape. */
export function notTheApi(endpoint: Endpoint): ProviderFailure {
  return failure(
    {
      code: 'not-the-api',
      message: t('{0} did not answer as the API does.', hostOf(endpoint.baseUrl)),
      action: t('Check the address of the connection, and whether a proxy or a sign-in page intercepts it.'),
    },
    { outcome: 'unknown', advice: 'never' },
  );
}

/** Creates a failure; it has no HTTP status unless `details` have one. */
export function failure(
  problem: Problem,
  details: { readonly outcome: Outcome; readonly advice: Advice } & Partial<FailureDetails>,
): ProviderFailure {
  return new ProviderFailure(problem, { status: null, serverCode: null, retryAfterMs: null, ...details });
}
