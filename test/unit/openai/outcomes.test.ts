import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CreateJobRequest } from '../../../src/core/provider/api.ts';
import type { Outcome, ProviderFailure } from '../../../src/core/provider/failure.ts';
import { isProviderFailure } from '../../../src/core/provider/failure.ts';
import { newIntentId } from '../../../src/jobs/start/intentJournal.ts';
import { startJob } from '../../../src/jobs/start/startJob.ts';
import { createClient } from '../../../src/openai/client.ts';
import type { Fetch } from '../../../src/openai/guardedFetch.ts';
import { noSleep, startInput, writeDataset } from '../../faults/support/sagaRig.ts';
import { createFaultServer } from '../../support/faultServer.ts';

const JOB: CreateJobRequest = {
  model: 'm',
  method: { type: 'supervised', hyperparameters: {} },
  trainingFile: 'file-1',
  validationFile: null,
  suffix: null,
  seed: null,
  wandb: null,
  metadata: {},
} as unknown as CreateJobRequest;

async function failureOf(call: Promise<unknown>): Promise<ProviderFailure> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isProviderFailure(error)) throw new Error(`No failure of a provider: ${String(error)}`);
  return error;
}

/** As Node makes them: `read EHOSTUNREACH`, `connect ECONNREFUSED 10.0.0.1:443`. */
function system(syscall: string, code: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { syscall, code, errno: -1 });
}
function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
/** As undici wraps them. */
function fetchFailed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}
/** As net makes them of a host with several addresses. */
function allOf(code: string, ...errors: readonly Error[]): AggregateError {
  return Object.assign(new AggregateError([...errors]), { code });
}

const SHAPES: readonly (readonly [string, Error, Outcome, string])[] = [
  // Nothing was connected to, so nothing was sent.
  ['a refused connection', fetchFailed(system('connect', 'ECONNREFUSED')), 'not-sent', 'connection-refused'],
  ['no way to the host', fetchFailed(system('connect', 'EHOSTUNREACH')), 'not-sent', 'offline'],
  ['no way to the network', fetchFailed(system('connect', 'ENETUNREACH')), 'not-sent', 'offline'],
  ['an unknown host', fetchFailed(system('getaddrinfo', 'ENOTFOUND')), 'not-sent', 'offline'],
  ['a name server that is away', fetchFailed(system('getaddrinfo', 'EAI_AGAIN')), 'not-sent', 'offline'],
  ['node:http, refused', system('connect', 'ECONNREFUSED'), 'not-sent', 'connection-refused'],
  [
    'every address refused',
    fetchFailed(allOf('ECONNREFUSED', system('connect', 'ECONNREFUSED'), system('connect', 'ECONNREFUSED'))),
    'not-sent',
    'connection-refused',
  ],
  [
    'node:http, every address unreachable',
    allOf('ENETUNREACH', system('connect', 'ENETUNREACH'), system('connect', 'EHOSTUNREACH')),
    'not-sent',
    'offline',
  ],
  ['causes within causes', fetchFailed(fetchFailed(system('connect', 'ENETUNREACH'))), 'not-sent', 'offline'],
  // The handshake failed by our own judgment: no request follows it.
  ['an expired certificate', fetchFailed(coded('CERT_HAS_EXPIRED')), 'not-sent', 'tls'],
  ['a certificate of its own', fetchFailed(coded('DEPTH_ZERO_SELF_SIGNED_CERT')), 'not-sent', 'tls'],
  ['an unknown authority', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'not-sent', 'tls'],
  ['a certificate for another host', fetchFailed(coded('ERR_TLS_CERT_ALTNAME_INVALID')), 'not-sent', 'tls'],
  // Anything may have been sent before these.
  ['a route that went away while reading', fetchFailed(system('read', 'EHOSTUNREACH')), 'unknown', 'offline'],
  ['a network that went away while reading', fetchFailed(system('read', 'ENETUNREACH')), 'unknown', 'offline'],
  ['node:http, a route that went away', system('read', 'EHOSTUNREACH'), 'unknown', 'offline'],
  ['a network that went down while writing', fetchFailed(system('write', 'ENETDOWN')), 'unknown', 'offline'],
  ['a route that went away, no one says when', fetchFailed(coded('EHOSTUNREACH')), 'unknown', 'offline'],
  ['a reset', fetchFailed(system('read', 'ECONNRESET')), 'unknown', 'connection-lost'],
  ['a broken pipe', system('write', 'EPIPE'), 'unknown', 'connection-lost'],
  ['a hang-up', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'unknown', 'connection-lost'],
  ['a closed socket', fetchFailed(coded('UND_ERR_SOCKET')), 'unknown', 'connection-lost'],
  ['a time-out while reading', fetchFailed(system('read', 'ETIMEDOUT')), 'unknown', 'timeout'],
  // The library keeps nothing of it but that time ran out.
  ['an address that does not answer', fetchFailed(system('connect', 'ETIMEDOUT')), 'unknown', 'timeout'],
  ['no headers in time', fetchFailed(coded('UND_ERR_HEADERS_TIMEOUT')), 'unknown', 'timeout'],
  ['broken encryption', fetchFailed(system('write', 'EPROTO')), 'unknown', 'tls-broken'],
  ['a bad record', fetchFailed(coded('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')), 'unknown', 'tls-broken'],
  ['an alert of the other side', coded('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'), 'unknown', 'tls-broken'],
  ['a handshake that was cut', coded('ERR_TLS_HANDSHAKE_TIMEOUT'), 'unknown', 'timeout'],
  [
    'one address refused, the other cut while reading',
    fetchFailed(allOf('ECONNREFUSED', system('connect', 'ECONNREFUSED'), system('read', 'ECONNRESET'))),
    'unknown',
    'connection-refused',
  ],
  ['a failed read whose cause is an earlier connect', withCause(system('read', 'EHOSTUNREACH')), 'unknown', 'offline'],
  ['an empty collection of errors', fetchFailed(allOf('ECONNREFUSED')), 'unknown', 'connection-refused'],
  ['nothing but words', new TypeError('Failed to fetch'), 'unknown', 'connection-lost'],
];

function withCause(error: Error): Error {
  error.cause = system('connect', 'EHOSTUNREACH');
  return error;
}

describe('whether a request for a job was sent', () => {
  it.each(SHAPES)('%s', async (_name, error, outcome, code) => {
    let calls = 0;
    const fetch: Fetch = () => (calls++, Promise.reject(error));
    const client = createClient({ baseUrl: 'https://api.example.com/v1', apiKey: 'k' }, { fetch });
    expect(await failureOf(client.createJob(JOB))).toMatchObject({ outcome, advice: 'later', problem: { code } });
    expect(calls).toBe(1);
  });

  it('a server on this machine that is not there, and one that hangs up', async () => {
    const server = net.createServer((socket) => {
      socket.once('data', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createClient({ baseUrl: `http://127.0.0.1:${String(port)}/v1`, apiKey: 'k' });
    expect(await failureOf(client.createJob(JOB))).toMatchObject({
      outcome: 'unknown',
      problem: { code: 'connection-lost' },
    });
    await new Promise((resolve) => server.close(resolve));
    expect(await failureOf(client.createJob(JOB))).toMatchObject({
      outcome: 'not-sent',
      problem: { code: 'connection-refused' },
    });
  });

  it('the other side does not speak TLS: unknown, and not called a matter of certificates', async () => {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createClient({ baseUrl: `https://127.0.0.1:${String(port)}/v1`, apiKey: 'k' });
    const failure = await failureOf(client.createJob(JOB));
    expect(failure).toMatchObject({ outcome: 'unknown', problem: { code: 'tls-broken' } });
    await new Promise((resolve) => server.close(resolve));
  });
});

it.each([
  system('read', 'EHOSTUNREACH'),
  system('read', 'ENETUNREACH'),
  system('write', 'EPROTO'),
  coded('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'),
])('a start whose answer was lost by “$message” finds its job and makes no second one', async (cause) => {
  const server = await createFaultServer({ engine: 'endless' });
  const folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-outcomes-'));
  try {
    const fetch: Fetch = async (input, init = {}) => {
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${server.apiKey}`);
      const target = `${server.baseUrl}${pathname.replace('/v1', '')}${search}`;
      const response = await globalThis.fetch(target, { ...init, headers, duplex: 'half' } as RequestInit);
      if (init.method === 'POST' && pathname.endsWith('/fine_tuning/jobs')) throw fetchFailed(cause);
      return response;
    };
    const provider = createClient({ baseUrl: 'https://api.example.com/v1', apiKey: 'k' }, { fetch });
    const deps = { provider, folder: path.join(folder, 'storage'), sleep: noSleep, reconcileDelaysMs: [0] };
    const started = await startJob(startInput(newIntentId(), writeDataset(folder), null), deps);
    expect(started).toMatchObject({ ok: true, value: { adopted: true } });
    expect(server.ledger.jobs).toHaveLength(1);
    expect(server.count('POST /fine_tuning/jobs')).toBe(1);
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
