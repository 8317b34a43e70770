import { t } from '../core/base/messages.ts';
import { hostOf } from '../core/provider/addresses.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import type { ProviderFailure } from '../core/provider/failure.ts';
import type { Problem } from '../core/base/result.ts';
import { failure } from './failures.ts';

interface NetworkRule {
  readonly codes: RegExp;
  readonly code: string;
  readonly message: (host: string) => string;
  readonly action: () => string;
}

/** Our own judgment of a certificate, in the handshake: the codes of OpenSSL's verification and Node's check of the host's name. */
const CERTIFICATE =
  /^(CERT_|CRL_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|ERROR_IN_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;

const NETWORK: readonly NetworkRule[] = [
  {
    codes: /^ECONNREFUSED$/,
    code: 'connection-refused',
    message: (host) => t('No server answers at {0}.', host),
    action: () => t('Check that the server is running and that the address of the connection is correct.'),
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_FAIL|ENETUNREACH|EHOSTUNREACH|ENETDOWN|EADDRNOTAVAIL)$/,
    code: 'offline',
    message: (host) => t('{0} cannot be reached.', host),
    action: () => t('Check the network connection, the proxy settings and the address.'),
  },
  {
    codes: CERTIFICATE,
    code: 'tls',
    message: (host) => t('The certificate of {0} is not trusted.', host),
    action: () =>
      t("Ask the network's administrator for its certificate and add it to the system's trusted certificates."),
  },
  {
    codes: /TIMEOUT|ETIMEDOUT/,
    code: 'timeout',
    message: (host) => t('{0} did not answer in time.', host),
    action: () => t('Try again in a moment.'),
  },
  {
    codes: /^(ERR_TLS|ERR_SSL|EPROTO)/,
    code: 'tls-broken',
    message: (host) => t('The encrypted connection to {0} failed.', host),
    action: () => t('Check the address of the connection, and whether a proxy intercepts it, then try again.'),
  },
];

/**
 * Turns the error of a request without an answer into the message and the advice for it. The place of the failure decides whether it
 * was sent, not the code alone: EHOSTUNREACH comes from connecting, and from reading the answer to a job that was created.
 */
export function networkFailure(error: unknown, endpoint: Endpoint): ProviderFailure {
  const host = hostOf(endpoint.baseUrl);
  const outcome = wasNeverSent(error) ? 'not-sent' : 'unknown';
  for (const inner of causes(error)) {
    if (inner.name === 'GuardError' && 'problem' in inner) {
      return failure(inner.problem as Problem, {
        outcome: 'sent' in inner && inner.sent === true ? 'refused' : 'not-sent',
        advice: 'never',
      });
    }
    if (inner instanceof SyntaxError) {
      return failure(
        {
          code: 'malformed-answer',
          message: t('The answer of {0} was cut short or is not JSON.', host),
          action: t('Try again; if it happens again, check the address and the proxy.'),
        },
        { outcome: 'unknown', advice: 'later' },
      );
    }
    const code = codeOf(inner);
    const rule = NETWORK.find(({ codes }) => codes.test(code));
    if (rule) {
      return failure(
        { code: rule.code, message: rule.message(host), action: rule.action() },
        { outcome, advice: 'later' },
      );
    }
  }
  return failure(
    {
      code: 'connection-lost',
      message: t('The connection to {0} was lost.', host),
      action: t('Check the network and try again.'),
    },
    { outcome, advice: 'later' },
  );
}

/**
 * Tells whether the request cannot have left: looking up the host or connecting to it failed (at all of its addresses), or its
 * certificate was refused in the handshake. Any other error may have come after it was sent.
 */
export function wasNeverSent(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return false;
  if ('syscall' in error) return error.syscall === 'connect' || error.syscall === 'getaddrinfo';
  if (CERTIFICATE.test(codeOf(error))) return true;
  if (error instanceof AggregateError) {
    return error.errors.length > 0 && error.errors.every((one) => wasNeverSent(one, depth + 1));
  }
  return wasNeverSent(error.cause, depth + 1);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Limit because causes may form a circle. */
const MAX_DEPTH = 12;

/** Lists the error and its causes, outermost first; addresses tried in parallel come as one error with several inside. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  const visit = (value: unknown): void => {
    if (!(value instanceof Error) || found.includes(value) || found.length >= MAX_DEPTH) return;
    found.push(value);
    if (value instanceof AggregateError) value.errors.forEach(visit);
    visit(value.cause);
  };
  visit(error);
  return found;
}
