import { APIConnectionTimeoutError, APIError } from 'openai';
import type { Endpoint } from '../core/provider/connection.ts';
import { isProviderFailure, type ProviderFailure } from '../core/provider/failure.ts';
import { networkFailure } from './networkFailure.ts';
import { statusFailure } from './statusFailure.ts';

/** Turns any error of a request into the message and the advice for it. */
export function toFailure(error: unknown, endpoint: Endpoint): ProviderFailure {
  if (isProviderFailure(error)) return error;
  if (error instanceof APIError && typeof error.status === 'number') {
    const { status, headers, error: body } = error as APIError;
    return statusFailure(Number(status), headers, body ?? {}, endpoint);
  }
  // The library keeps nothing else of an error whose text names a time-out.
  const timedOut = error instanceof APIConnectionTimeoutError;
  return networkFailure(timedOut ? Object.assign(new Error(error.message), { code: 'ETIMEDOUT' }) : error, endpoint);
}
