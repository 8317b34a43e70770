import { t } from '../core/base/messages.ts';
import { hostOf } from '../core/provider/addresses.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import { dayInWords, OPENAI_TRAINING_ENDS } from '../core/provider/deadlines.ts';
import type { Advice, Outcome, ProviderFailure } from '../core/provider/failure.ts';
import { untrustedText } from '../core/base/untrustedText.ts';
import { failure, notTheApi } from './failures.ts';
import type { PlainError } from './guardedFetch.ts';
import { isModeration } from './moderation.ts';

/** Codes that come with 429 (and sometimes 403) and do not pass within a minute. */
const NO_CREDIT = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active']);
const MAX_WAIT_MS = 60_000;

/** Turns an error answer into the message and the advice for it. */
export function statusFailure(
  status: number,
  headers: Pick<Headers, 'get'> | undefined,
  body: Partial<PlainError>,
  endpoint: Endpoint,
): ProviderFailure {
  const serverCode = typeof body.code === 'string' ? untrustedText(body.code, [endpoint.apiKey], 64) : null;
  const said = typeof body.message === 'string' ? untrustedText(body.message, [endpoint.apiKey]) : '';
  const parameter = typeof body.param === 'string' ? untrustedText(body.param, [endpoint.apiKey], 64) : null;
  const details = { status, serverCode, retryAfterMs: retryAfterMs(headers, Date.now()), parameter };
  const host = hostOf(endpoint.baseUrl);
  const give = (outcome: Outcome, advice: Advice, code: string, message: string, action: string): ProviderFailure =>
    failure({ code, message, action }, { outcome, advice, ...details });

  if (serverCode === 'training_not_available') {
    return give(
      'refused',
      'never',
      'training-not-available',
      t(
        '{0} no longer starts fine-tuning jobs for this organization: OpenAI closed fine-tuning to new organizations on {1} and to those without recent use on {2}, and closes it to everyone on {3}.',
        host,
        dayInWords('2026-05-07'),
        dayInWords('2026-07-02'),
        dayInWords(OPENAI_TRAINING_ENDS),
      ),
      t('Start on another connection, for example Local.'),
    );
  }
  if (serverCode === 'DeploymentNotFound') {
    return give(
      'refused',
      'never',
      'deployment-missing',
      t('{0} has no deployment of this name; a model answers there only after it was deployed.', host),
      t("Deploy it in the provider's portal, then set the name of the deployment here."),
    );
  }
  if (NO_CREDIT.has(serverCode ?? '') || body.type === 'insufficient_quota' || status === 402) {
    return give(
      'refused',
      'stop',
      'quota',
      t('The account at {0} has no credit left or reached its spending limit.', host),
      t('Add credit or raise the limit at the provider, then continue here.'),
    );
  }
  if (serverCode === 'daily_rate_limit_exceeded') {
    return give(
      'refused',
      'stop',
      'daily-limit',
      t('The daily limit of the account at {0} is used up.', host),
      t('Continue tomorrow, or ask the provider for a higher limit.'),
    );
  }
  if (status === 401) {
    return endpoint.apiKey
      ? give(
          'refused',
          'stop',
          'key-refused',
          t('{0} refused the key.', host),
          t('Set a valid key for this connection.'),
        )
      : give(
          'refused',
          'stop',
          'key-missing',
          t('{0} asks for a key and this connection has none.', host),
          t('Set a key for this connection.'),
        );
  }
  if (status === 407) {
    return give(
      'not-sent',
      'stop',
      'proxy-sign-in',
      t('The proxy asks for a user name and a password.'),
      t("Set them in VS Code's proxy settings."),
    );
  }
  if (status >= 500 || status === 408 || status === 409 || status === 425) {
    return give(
      'unknown',
      'later',
      'server-error',
      withWords(t('{0} failed with status {1}.', host, String(status)), said),
      t('Try again in a few minutes.'),
    );
  }
  if (status === 429) {
    return give(
      'refused',
      'later',
      'rate-limited',
      withWords(t('{0} limits the number of requests.', host), said),
      t('Wait a minute and try again.'),
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
      said === '' ? t('This base model cannot answer before it was fine-tuned.') : asSentence(said),
      t('Choose a fine-tuned model.'),
    );
  }
  if (serverCode === 'model_not_found') {
    return give(
      'refused',
      'never',
      'model-not-found',
      withWords(t('{0} does not offer this model to this account.', host), said),
      t('Wait some minutes if it was trained just now; otherwise choose another model.'),
    );
  }
  if (isModeration(status, serverCode, said)) {
    return give(
      'refused',
      'never',
      'moderated',
      withWords(t('{0} refused this prompt because of its content.', host), said),
      t('Change the prompt or leave it out.'),
    );
  }
  if (status === 403) {
    return give(
      'refused',
      'never',
      'forbidden',
      withWords(t('{0} does not allow this.', host), said),
      t('Check the permissions of the key and the project at the provider.'),
    );
  }
  if (status === 404 || status === 405) {
    return give(
      'refused',
      'never',
      'not-found',
      withWords(t('{0} does not have the requested item.', host), said),
      t('Check the address of the connection and whether the item still exists.'),
    );
  }
  if (status === 413) {
    return give(
      'refused',
      'never',
      'too-large',
      t('The file is larger than {0} accepts.', host),
      t('Use a smaller file.'),
    );
  }
  return give(
    'refused',
    'never',
    'request-refused',
    withWords(t('{0} refused the request.', host), said),
    t('Change what the provider complains about and try again.'),
  );
}

/** Adds the provider's own words, in its language. */
function withWords(sentence: string, said: string): string {
  return said === '' ? sentence : `${sentence} ${t('The provider says: “{0}”.', said.replace(/[.\s]+$/, ''))}`;
}

function asSentence(said: string): string {
  return /[.!?…]$/.test(said) ? said : `${said}.`;
}

/** Reads `retry-after-ms`, seconds or an HTTP date; never negative, never above a minute (a server asked for an hour once). */
function retryAfterMs(headers: Pick<Headers, 'get'> | undefined, now: number): number | null {
  const clamp = (ms: number): number => Math.min(MAX_WAIT_MS, Math.max(0, Math.round(ms)));
  const ms = headers?.get('retry-after-ms')?.trim();
  if (ms && Number.isFinite(Number(ms))) return clamp(Number(ms));
  const after = headers?.get('retry-after')?.trim();
  if (!after) return null;
  if (Number.isFinite(Number(after))) return clamp(Number(after) * 1000);
  const date = Date.parse(after);
  return Number.isNaN(date) ? null : clamp(date - now);
}
