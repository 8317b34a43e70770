import { hostOf } from '../core/provider/addresses.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import { dayInWords, OPENAI_TRAINING_ENDS } from '../core/provider/deadlines.ts';
import type { Advice, Outcome, ProviderFailure } from '../core/provider/failure.ts';
import { untrustedText } from '../core/base/untrustedText.ts';
import { failure, notTheApi } from './failures.ts';
import type { PlainError } from './guardedFetch.ts';

/** Codes that come with 429 (and sometimes 403) and do not pass by waiting a minute. */
const NO_CREDIT = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active']);
const MAX_WAIT_MS = 60_000;

/** An answer that is an error → what the product says and does about it. */
export function statusFailure(
  status: number,
  headers: Headers | undefined,
  body: Partial<PlainError>,
  endpoint: Endpoint,
): ProviderFailure {
  const serverCode = typeof body.code === 'string' ? untrustedText(body.code, [endpoint.apiKey], 64) : null;
  const said = typeof body.message === 'string' ? untrustedText(body.message, [endpoint.apiKey]) : '';
  const details = { status, serverCode, retryAfterMs: retryAfterMs(headers, Date.now()) };
  const host = hostOf(endpoint.baseUrl);
  const give = (outcome: Outcome, advice: Advice, code: string, message: string, action: string): ProviderFailure =>
    failure({ code, message, action }, { outcome, advice, ...details });

  if (serverCode === 'training_not_available') {
    return give(
      'refused',
      'never',
      'training-not-available',
      `${host} no longer starts fine-tuning jobs for this organisation: OpenAI closed this to newcomers on 7 May 2026, to those without recent use on 2 July 2026, and closes it to everyone on ${dayInWords(OPENAI_TRAINING_ENDS)}.`,
      'Start on another connection, for example Local.',
    );
  }
  if (serverCode === 'DeploymentNotFound') {
    return give(
      'refused',
      'never',
      'deployment-missing',
      `${host} has no deployment of this name; a model answers there only after it was deployed.`,
      "Deploy it in the provider's portal, then set the name of the deployment here.",
    );
  }
  if (NO_CREDIT.has(serverCode ?? '') || body.type === 'insufficient_quota' || status === 402) {
    return give(
      'refused',
      'stop',
      'quota',
      `The account at ${host} has no credit left or reached its spending limit.`,
      'Add credit or raise the limit at the provider, then continue here.',
    );
  }
  if (serverCode === 'daily_rate_limit_exceeded') {
    return give(
      'refused',
      'stop',
      'daily-limit',
      `The daily limit of the account at ${host} is used up.`,
      'Continue tomorrow, or ask the provider for a higher limit.',
    );
  }
  if (status === 401) {
    return endpoint.apiKey
      ? give('refused', 'stop', 'key-refused', `${host} refused the key.`, 'Set a valid key for this connection.')
      : give(
          'refused',
          'stop',
          'key-missing',
          `${host} asks for a key and this connection has none.`,
          'Set a key for this connection.',
        );
  }
  if (status === 407) {
    return give(
      'not-sent',
      'stop',
      'proxy-sign-in',
      'The proxy asks for a user name and a password.',
      "Set them in VS Code's proxy settings.",
    );
  }
  if (status >= 500 || status === 408 || status === 409 || status === 425) {
    return give(
      'unknown',
      'later',
      'server-error',
      `${host} failed with status ${status}${quote(said)}.`,
      'Try again in a few minutes.',
    );
  }
  if (status === 429) {
    return give(
      'refused',
      'later',
      'rate-limited',
      `${host} asks to slow down${quote(said)}.`,
      'Wait a minute and try again.',
    );
  }
  if (body.json === false) {
    return failure(notTheApi(endpoint).problem, { outcome: 'unknown', advice: 'never', ...details });
  }
  if (serverCode === 'model_not_trained') {
    return give(
      'refused',
      'never',
      'model-not-trained',
      said === '' ? 'This base model cannot answer before it was fine-tuned.' : asSentence(said),
      'Choose a fine-tuned model.',
    );
  }
  if (serverCode === 'model_not_found') {
    return give(
      'refused',
      'never',
      'model-not-found',
      `${host} does not offer this model to this account${quote(said)}.`,
      'Wait some minutes if it was trained just now, else choose another model.',
    );
  }
  if (status === 403) {
    return give(
      'refused',
      'never',
      'forbidden',
      `${host} does not allow this${quote(said)}.`,
      'Check what the key and the project may do at the provider.',
    );
  }
  if (status === 404 || status === 405) {
    return give(
      'refused',
      'never',
      'not-found',
      `${host} does not know what was asked for${quote(said)}.`,
      'Check the address of the connection and whether the thing still exists.',
    );
  }
  if (status === 413) {
    return give('refused', 'never', 'too-large', `The file is larger than ${host} takes.`, 'Use a smaller file.');
  }
  return give(
    'refused',
    'never',
    'request-refused',
    `${host} refused the request${quote(said)}.`,
    'Change what it names and try again.',
  );
}

function quote(said: string): string {
  return said === '' ? '' : `: “${said.replace(/[.\s]+$/, '')}”`;
}

function asSentence(said: string): string {
  return /[.!?…]$/.test(said) ? said : `${said}.`;
}

/** `retry-after-ms`, seconds or an HTTP date; never negative, never above a minute (a server asked for an hour once). */
function retryAfterMs(headers: Headers | undefined, now: number): number | null {
  const clamp = (ms: number): number => Math.min(MAX_WAIT_MS, Math.max(0, Math.round(ms)));
  const ms = headers?.get('retry-after-ms')?.trim();
  if (ms && Number.isFinite(Number(ms))) return clamp(Number(ms));
  const after = headers?.get('retry-after')?.trim();
  if (!after) return null;
  if (Number.isFinite(Number(after))) return clamp(Number(after) * 1000);
  const date = Date.parse(after);
  return Number.isNaN(date) ? null : clamp(date - now);
}
