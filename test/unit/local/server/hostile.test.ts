// P13: forty hostile requests to the loopback server, forty refusals, no side effect. security.test.ts has the details of each rule;
// this file checks the count, and that nothing on the disk and nothing in the lists has changed.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../../../src/local/server/server.ts';
import { startServer } from '../../../../src/local/server/server.ts';
import { createInstantEngine, type InstantEngine } from '../../../support/faults/instantEngine.ts';
import { type Attack, type Refusal, sendAttack, sendRaw } from '../hostileRequests.ts';
import { removeFolder, temporaryFolder } from '../serveProcess.ts';

const folder = temporaryFolder();
const data = path.join(folder, 'data');
const GIGABYTE = 1024 ** 3;
let server: LocalServer;
let engine: InstantEngine;
let port: number;
let fileId: string;
let jobId: string;
let uploadId: string;
let model: string | null = null;

const JSON_TYPE = { 'content-type': 'application/json' };
const token = (): string => `Bearer ${server.apiKey}`;
const chat = (): string => JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }], stream: true });
const createJob = (): string => JSON.stringify({ model: 'base-1', training_file: fileId });
const form =
  '--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n';

const attack = (request: Attack): Promise<Refusal> => sendAttack(port, token(), request);
const raw = (text: string): Promise<Refusal> => sendRaw(port, text);

const own = (): string => `127.0.0.1:${String(port)}`;
const withHost = (host: string, more = ''): string =>
  `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${token()}\r\nConnection: close\r\n${more}\r\n`;

const ATTACKS: readonly (readonly [
  string,
  number | 'hung up' | readonly (number | 'hung up')[],
  () => Promise<Refusal>,
])[] = [
  // Names that were made to point here (DNS rebinding).
  ['another host', 403, () => attack({ headers: { host: 'evil.example' } })],
  ['another host with our port', 403, () => attack({ headers: { host: `evil.example:${String(port)}` } })],
  ['a name that resolves to us', 403, () => attack({ headers: { host: `127.0.0.1.nip.io:${String(port)}` } })],
  ['a name that begins like us', 403, () => attack({ headers: { host: `localhost.evil.example:${String(port)}` } })],
  ['our address without its port', 403, () => attack({ headers: { host: '127.0.0.1' } })],
  ['every address', 403, () => attack({ headers: { host: `0.0.0.0:${String(port)}` } })],
  ['no host', 400, () => raw(`GET /v1/models HTTP/1.1\r\nAuthorization: ${token()}\r\nConnection: close\r\n\r\n`)],
  ['two hosts', [400, 403], () => raw(withHost('evil.example', `Host: ${own()}\r\n`))],
  // Web pages.
  ['an origin', 403, () => attack({ headers: { origin: 'https://evil.example' } })],
  ['an opaque origin', 403, () => attack({ headers: { origin: 'null' } })],
  ['another local page', 403, () => attack({ headers: { origin: 'http://localhost:3000' } })],
  ['our own origin', 403, () => attack({ headers: { origin: `http://${own()}` } })],
  ['a cross-site fetch', 403, () => attack({ headers: { 'sec-fetch-site': 'cross-site' } })],
  ['a same-site fetch', 403, () => attack({ headers: { 'sec-fetch-site': 'same-site' } })],
  [
    'a preflight',
    403,
    () =>
      attack({
        method: 'OPTIONS',
        target: '/v1/files',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      }),
  ],
  ['a bare OPTIONS', 403, () => attack({ method: 'OPTIONS' })],
  [
    'a page that wants a stream',
    403,
    () =>
      attack({
        method: 'POST',
        target: '/v1/chat/completions',
        headers: { ...JSON_TYPE, origin: 'https://evil.example', accept: 'text/event-stream' },
        body: chat(),
      }),
  ],
  // Without the token.
  [
    'no token',
    401,
    () =>
      attack({
        method: 'POST',
        target: '/v1/fine_tuning/jobs',
        headers: { ...JSON_TYPE, authorization: '' },
        body: createJob(),
      }),
  ],
  [
    'another token',
    401,
    () =>
      attack({
        method: 'DELETE',
        target: `/v1/files/${fileId}`,
        headers: { authorization: `Bearer ${'A'.repeat(43)}` },
      }),
  ],
  ['a part of the token', 401, () => attack({ headers: { authorization: token().slice(0, -1) } })],
  [
    'the token in the address',
    401,
    () => attack({ target: `/v1/models?api_key=${server.apiKey}`, headers: { authorization: '' } }),
  ],
  ['the token as a cookie', 401, () => attack({ headers: { authorization: '', cookie: `token=${server.apiKey}` } })],
  [
    'the token as a password',
    401,
    () => attack({ headers: { authorization: `Basic ${Buffer.from(`user:${server.apiKey}`).toString('base64')}` } }),
  ],
  [
    'a stream without a token',
    401,
    () =>
      attack({
        method: 'POST',
        target: '/v1/chat/completions',
        headers: { ...JSON_TYPE, authorization: '' },
        body: chat(),
      }),
  ],
  ['the health of a stranger', 401, () => attack({ target: '/health', headers: { authorization: '' } })],
  // What a page can send without asking.
  [
    'JSON as text',
    415,
    () =>
      attack({
        method: 'POST',
        target: '/v1/fine_tuning/jobs',
        headers: { 'content-type': 'text/plain' },
        body: createJob(),
      }),
  ],
  [
    'a form',
    415,
    () =>
      attack({
        method: 'POST',
        target: '/v1/fine_tuning/jobs',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: createJob(),
      }),
  ],
  ['a file as JSON', 415, () => attack({ method: 'POST', target: '/v1/files', headers: JSON_TYPE, body: '{}' })],
  // Paths in the place of ids.
  ['a path as a file', 404, () => attack({ target: '/v1/files/..%2f..%2fserver.json/content' })],
  ['a path to delete', 404, () => attack({ method: 'DELETE', target: `/v1/files/..%2ffiles%2f${fileId}` })],
  ['a path as a job', 404, () => attack({ method: 'POST', target: '/v1/fine_tuning/jobs/..%2f..%2fx/cancel' })],
  ['a property as a model', 404, () => attack({ method: 'DELETE', target: '/v1/models/__proto__' })],
  [
    'a path as a training file',
    400,
    () =>
      attack({
        method: 'POST',
        target: '/v1/fine_tuning/jobs',
        headers: JSON_TYPE,
        body: JSON.stringify({ model: 'base-1', training_file: '../../etc/passwd' }),
      }),
  ],
  // Too much.
  [
    'a gigabyte that is announced',
    [413, 'hung up'],
    () =>
      attack({
        method: 'POST',
        target: '/v1/files',
        headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': String(GIGABYTE) },
        body: form,
      }),
  ],
  [
    'a gigabyte that is not',
    [413, 'hung up'],
    () =>
      attack({
        method: 'POST',
        target: '/v1/fine_tuning/jobs',
        headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
        stream: GIGABYTE,
      }),
  ],
  [
    'a gigabyte as a part',
    [413, 'hung up'],
    () =>
      attack({
        method: 'POST',
        target: `/v1/uploads/${uploadId}/parts`,
        headers: { 'content-type': 'multipart/form-data; boundary=x', 'transfer-encoding': 'chunked' },
        body: form.replace('name="file"', 'name="data"'),
        stream: GIGABYTE,
      }),
  ],
  [
    'zeros, a thousandfold',
    415,
    () =>
      attack({
        method: 'POST',
        target: '/v1/fine_tuning/jobs',
        headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(20_000_000)),
      }),
  ],
  ['a hundred kilobytes of headers', 431, () => raw(withHost(own(), `X-Bomb: ${'x'.repeat(100_000)}\r\n`))],
  // Too slow.
  ['headers that never end', 408, () => slowly((host) => `POST /v1/files HTTP/1.1\r\nHost: ${host}\r\n`)],
  [
    'a body that never ends',
    [408, 'hung up'],
    () =>
      slowly(
        (host, key) =>
          `POST /v1/fine_tuning/jobs HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
      ),
  ],
];

/** To a server of less patience on the same kind of folder. */
async function slowly(text: (host: string, key: string) => string): Promise<Refusal> {
  const impatient = await startServer({
    dataFolder: path.join(folder, 'impatient'),
    port: 0,
    version: 'test',
    engines: engine,
    timeouts: { headers: 50, request: 100 },
  });
  const { host, port: own } = new URL(impatient.baseUrl);
  const refusal = await sendRaw(Number(own), text(host, impatient.apiKey));
  await impatient.close();
  return refusal;
}

/** Everything there is: every file on the disk with its content, every list, every word the engine was asked for. */
async function everything(): Promise<unknown> {
  const disk = readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(data, name)).isFile())
    .sort()
    .map((name) => [name, readFileSync(path.join(data, name), 'base64')]);
  const lists = await Promise.all(
    ['/v1/files', '/v1/fine_tuning/jobs', '/v1/models', '/v1/batches', `/v1/fine_tuning/jobs/${jobId}/events`].map(
      async (target) => (await attack({ target })).text,
    ),
  );
  return { disk, lists, written: engine.written, asked };
}
let asked = 0;

describe('P13: forty hostile requests to the loopback server', () => {
  beforeAll(async () => {
    engine = createInstantEngine('instant', ['base-1']);
    engine.reply = () => {
      asked += 1;
      return '42';
    };
    server = await startServer({ dataFolder: data, port: 0, version: 'test', engines: engine });
    port = Number(new URL(server.baseUrl).port);
    const file = await attack({
      method: 'POST',
      target: '/v1/files',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: `${form}row\r\n--x--\r\n`,
    });
    fileId = (JSON.parse(file.text) as { id: string }).id;
    const upload = { filename: 'a', purpose: 'fine-tune', bytes: GIGABYTE, mime_type: 'x/y' };
    const made = await attack({
      method: 'POST',
      target: '/v1/uploads',
      headers: JSON_TYPE,
      body: JSON.stringify(upload),
    });
    uploadId = (JSON.parse(made.text) as { id: string }).id;
    const job = await attack({ method: 'POST', target: '/v1/fine_tuning/jobs', headers: JSON_TYPE, body: createJob() });
    jobId = (JSON.parse(job.text) as { id: string }).id;
    while (model === null)
      model = (
        JSON.parse((await attack({ target: `/v1/fine_tuning/jobs/${jobId}` })).text) as {
          fine_tuned_model: string | null;
        }
      ).fine_tuned_model;
  });
  afterAll(async () => {
    await server.close();
    removeFolder(folder);
  });

  it('are refused, all of them, and change nothing', async () => {
    expect(ATTACKS).toHaveLength(40);
    expect(new Set(ATTACKS.map(([name]) => name)).size).toBe(40);
    const before = await everything();
    const outcomes: string[] = [];
    for (const [name, expected, run] of ATTACKS) {
      const { status, text, headers } = await run();
      const allowed: readonly (number | 'hung up')[] = Array.isArray(expected) ? expected : [expected as number];
      if (!allowed.includes(status)) outcomes.push(`${name}: ${String(status)} ${text.slice(0, 200)}`);
      if (text.includes(server.apiKey) || text.includes(folder) || /\bat .*:\d+:\d+/u.test(text))
        outcomes.push(`${name}: says too much: ${text}`);
      if (Object.keys(headers).some((header) => header.startsWith('access-control-')))
        outcomes.push(`${name}: has a CORS header`);
    }
    expect(outcomes).toEqual([]);
    // The last request's remains are gone when its connection is.
    await expect.poll(everything, { timeout: 15_000 }).toEqual(before);
    expect(asked).toBe(0);
  });

  it('are no match for a crowd either: more connections than it takes are closed, and it answers afterwards', async () => {
    const sockets = Array.from({ length: 600 }, () => connect(port, '127.0.0.1'));
    let closed = 0;
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.once('close', () => (closed += 1));
    }
    await expect.poll(() => closed, { timeout: 15_000 }).toBeGreaterThanOrEqual(600 - 512);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await attack({})).status, { timeout: 15_000 }).toBe(200);
  });

  it('would be noticed: one that is allowed changes something', async () => {
    const before = await everything();
    expect((await attack({ method: 'DELETE', target: `/v1/files/${fileId}` })).status).toBe(200);
    expect(await everything()).not.toEqual(before);
  });
});
