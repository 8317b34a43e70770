import { hostOf } from '../core/provider/addresses.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import type { ProviderFailure } from '../core/provider/failure.ts';
import type { Problem } from '../core/base/result.ts';
import { failure } from './failures.ts';

interface NetworkRule {
  readonly codes: RegExp;
  readonly code: string;
  readonly message: (host: string) => string;
  readonly action: string;
}

/** Our own judgment of a certificate, in the handshake: the codes of OpenSSL's verification and Node's check of the host's name. */
const CERTIFICATE =
  /^(CERT_|CRL_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|ERROR_IN_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;

const NETWORK: readonly NetworkRule[] = [
  {
    codes: /^ECONNREFUSED$/,
    code: 'connection-refused',
    message: (host) => `Nothing answers at ${host}.`,
    action: 'Check that the server runs and that the address of the connection is right.',
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_FAIL|ENETUNREACH|EHOSTUNREACH|ENETDOWN|EADDRNOTAVAIL)$/,
    code: 'offline',
    message: (host) => `${host} cannot be reached.`,
    action: 'Check the network connection, the proxy settings and the address.',
  },
  {
    codes: CERTIFICATE,
    code: 'tls',
    message: (host) => `The certificate of ${host} is not trusted.`,
    action: "Ask who runs the network for its certificate and add it to the system's trusted ones.",
  },
  {
    codes: /TIMEOUT|ETIMEDOUT/,
    code: 'timeout',
    message: (host) => `${host} did not answer in time.`,
    action: 'Try again in a moment.',
  },
  {
    codes: /^(ERR_TLS|ERR_SSL|EPROTO)/,
    code: 'tls-broken',
    message: (host) => `The encrypted connection to ${host} failed.`,
    action: 'Check the address of the connection and whether a proxy stands in between, then try again.',
  },
];

/**
 * A request that got no answer → what the product says and does about it. Whether it was sent is decided by where it failed, not by
 * the code alone: EHOSTUNREACH comes from connecting, and from reading the answer to a job that was created.
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
          message: `The answer of ${host} was cut short or is not JSON.`,
          action: 'Try again; if it happens again, check the address and the proxy.',
        },
        { outcome: 'unknown', advice: 'later' },
      );
    }
    const code = codeOf(inner);
    const rule = NETWORK.find(({ codes }) => codes.test(code));
    if (rule) {
      return failure(
        { code: rule.code, message: rule.message(host), action: rule.action },
        { outcome, advice: 'later' },
      );
    }
  }
  return failure(
    {
      code: 'connection-lost',
      message: `The connection to ${host} was lost.`,
      action: 'Check the network and try again.',
    },
    { outcome, advice: 'later' },
  );
}

/**
 * Whether the request cannot have left: looking up the host or connecting to it failed (at all of its addresses), or its certificate was
 * refused in the handshake. Whatever else went wrong may have come after it was sent.
 */
function wasNeverSent(error: unknown, depth = 0): boolean {
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

/** Causes may go round in a circle. */
const MAX_DEPTH = 12;

/** The error and what caused it, outermost first; addresses tried in parallel come as one error with several inside. */
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
