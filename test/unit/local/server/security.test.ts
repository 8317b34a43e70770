import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from '../../../../src/local/server/server.ts';
import { startServer } from '../../../../src/local/server/server.ts';
import { removeFolder, temporaryFolder } from '../serveProcess.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

describe('hostile requests to the loopback server', () => {
  const folder = temporaryFolder();
  let server: LocalServer;
  let port: number;
  beforeAll(async () => {
    server = await startServer({ dataFolder: path.join(folder, 'data'), port: 0, version: 'test' });
    port = Number(new URL(server.baseUrl).port);
  });
  afterAll(async () => {
    await server.close();
    removeFolder(folder);
  });

  function ask(
    method: string,
    target: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path: target,
          agent: false,
          headers: { authorization: `Bearer ${server.apiKey}`, ...headers },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.once('end', () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: Buffer.concat(parts).toString(),
            });
          });
        },
      );
      call.once('error', reject);
      call.end(body);
    });
  }

  function code(answer: Answer): unknown {
    return (JSON.parse(answer.text) as { error: { code: unknown } }).error.code;
  }

  it('listens on 127.0.0.1 and nowhere else', async () => {
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address !== undefined && !address.internal && address.family === 'IPv4');
    for (const address of others) {
      const refused = await new Promise<boolean>((resolve) => {
        const socket = connect({ host: address?.address ?? '', port, timeout: 2000 });
        socket.once('connect', () => {
          socket.destroy();
          resolve(false);
        });
        socket.once('error', () => {
          resolve(true);
        });
        socket.once('timeout', () => {
          socket.destroy();
          resolve(true);
        });
      });
      expect(refused).toBe(true);
    }
    expect(new URL(server.baseUrl).hostname).toBe('127.0.0.1');
  });

  it('makes a token of 256 bits', () => {
    expect(Buffer.from(server.apiKey, 'base64url')).toHaveLength(32);
  });

  it.each([
    ['evil.example'],
    ['evil.example:80'],
    ['127.0.0.1'],
    ['127.0.0.1:1'],
    ['localhost.evil.example'],
    ['127.0.0.1.nip.io'],
    ['0.0.0.0'],
  ])('refuses the host %j (DNS rebinding)', async (host) => {
    const answer = await ask('GET', '/v1/models', {
      host: host.includes(':') || host === '127.0.0.1' ? host : `${host}:${String(port)}`,
    });
    expect(answer.status).toBe(403);
    expect(code(answer)).toBe('host_not_allowed');
  });

  it('answers to the three names of loopback', async () => {
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      expect((await ask('GET', '/v1/models', { host: `${name}:${String(port)}` })).status).toBe(200);
    }
  });

  it.each([['https://evil.example'], ['null'], ['http://localhost:3000'], ['vscode-webview://abc']])(
    'refuses the origin %s, with no CORS header',
    async (origin) => {
      const answer = await ask('GET', '/v1/models', { origin });
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    },
  );

  it('refuses preflights and cross-site fetches', async () => {
    expect((await ask('OPTIONS', '/v1/models')).status).toBe(403);
    expect(
      (await ask('OPTIONS', '/v1/models', { origin: 'https://evil.example', 'access-control-request-method': 'POST' }))
        .status,
    ).toBe(403);
    expect((await ask('GET', '/v1/models', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await ask('GET', '/v1/models', { 'sec-fetch-site': 'none' })).status).toBe(200);
  });

  it('wants the token, whole, everywhere', async () => {
    for (const authorization of [
      '',
      'Bearer ',
      `Bearer ${server.apiKey.slice(0, -1)}`,
      `Bearer ${server.apiKey}x`,
      `Bearer ${'A'.repeat(server.apiKey.length)}`,
      server.apiKey,
      `Basic ${server.apiKey}`,
      `Bearer ${'é'.repeat(43)}`,
    ]) {
      for (const target of ['/v1/models', '/health', '/', '/v1/none']) {
        const answer = await ask('GET', target, { authorization: Buffer.from(authorization).toString('latin1') });
        expect(answer.status).toBe(401);
        expect(code(answer)).toBe('invalid_api_key');
      }
    }
    expect((await ask('GET', `/v1/models?api_key=${server.apiKey}`, { authorization: '' })).status).toBe(401);
    expect(JSON.parse((await ask('GET', '/health')).text)).toEqual({ status: 'ok', pid: process.pid, version: 'test' });
  });

  it('takes JSON only as application/json and files only as multipart/form-data', async () => {
    const body = JSON.stringify({ model: 'local-linear-1', messages: [{ role: 'user', content: 'x' }] });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
      expect(
        (await ask('POST', '/v1/chat/completions', type === '' ? {} : { 'content-type': type }, body)).status,
      ).toBe(415);
      expect(
        (await ask('POST', '/v1/fine_tuning/jobs', type === '' ? {} : { 'content-type': type }, body)).status,
      ).toBe(415);
      expect((await ask('POST', '/v1/files', type === '' ? {} : { 'content-type': type }, body)).status).toBe(415);
    }
    expect((await ask('POST', '/v1/files', { 'content-type': 'application/json' }, body)).status).toBe(415);
    expect(
      (await ask('POST', '/v1/chat/completions', { 'content-type': 'application/json; charset=utf-8' }, body)).status,
    ).toBe(400);
  });

  it('refuses bodies that are too large, before and while they come, and compressed ones', async () => {
    const json = { 'content-type': 'application/json' };
    expect(
      (
        await ask('POST', '/v1/chat/completions', { ...json, 'content-length': String(2 ** 40) }).catch(() => ({
          status: 413,
        }))
      ).status,
    ).toBe(413);
    const large = Buffer.alloc(17 * 1024 * 1024, 0x20);
    // The server may hang up while we are still sending: that is a refusal too.
    const chunked = await ask('POST', '/v1/chat/completions', { ...json, 'transfer-encoding': 'chunked' }, large).catch(
      () => ({ status: 413 }),
    );
    expect(chunked.status).toBe(413);
    expect((await ask('POST', '/v1/chat/completions', { ...json, 'content-encoding': 'gzip' }, '{}')).status).toBe(415);
    expect((await ask('GET', '/v1/models')).status).toBe(200);
  });

  it.each([
    ['/v1/files/..%2f..%2f..%2fetc%2fpasswd'],
    ['/v1/files/..%2f..%2fetc%2fpasswd/content'],
    ['/v1/files/%2e%2e/content'],
    ['/v1/models/..%5c..%5cserver.json'],
    ['/v1/fine_tuning/jobs/__proto__'],
    ['/v1/fine_tuning/jobs/constructor/events'],
    ['/v1/files/toString'],
    ['/v1/%'],
    ['/v1/files/%E0%A4%A'],
    ['/server.json'],
    ['/..%2fserver.json'],
    ['/v1/'],
    ['//v1//models'],
  ])('treats ids as names and never as paths: %s', async (target) => {
    const answer = await ask('GET', target);
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('root:');
  });

  it('keeps stacks, paths and foreign errors out of its answers', async () => {
    const answers = [
      await ask('POST', '/v1/chat/completions', { 'content-type': 'application/json' }, '{"model": '),
      await ask('POST', '/v1/chat/completions', { 'content-type': 'application/json' }, Buffer.from([0xff, 0xfe])),
      await ask(
        'POST',
        '/v1/chat/completions',
        { 'content-type': 'application/json' },
        '{"__proto__": {"model": "x"}, "messages": 1}',
      ),
      await ask('POST', '/v1/fine_tuning/jobs', { 'content-type': 'application/json' }, '[]'),
      await ask(
        'POST',
        '/v1/fine_tuning/jobs',
        { 'content-type': 'application/json' },
        JSON.stringify({ model: 'local-linear-1', training_file: '../../etc/passwd' }),
      ),
      await ask('POST', '/v1/files', { 'content-type': 'multipart/form-data; boundary=x' }, 'nonsense'),
      await ask('POST', '/v1/files', { 'content-type': 'multipart/form-data' }, '--x\r\n'),
      await ask('GET', '/v1/files?limit=-1'),
      await ask('GET', '/v1/fine_tuning/jobs?after=none'),
      await ask('DELETE', '/v1/fine_tuning/jobs/x'),
      await ask('PUT', '/v1/models'),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      const { error } = JSON.parse(answer.text) as { error: Record<string, unknown> };
      expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
      expect(answer.text).not.toMatch(/\.ts|node:|at .*\(|\/tmp/u);
      expect(answer.text).not.toContain(process.cwd());
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('hangs up on whoever sends headers or a body too slowly', async () => {
    const impatient = await startServer({
      dataFolder: path.join(folder, 'impatient'),
      port: 0,
      version: 'test',
      timeouts: { headers: 50, request: 100 },
    });
    const host = new URL(impatient.baseUrl).host;
    const slow = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(Number(host.split(':')[1]), '127.0.0.1', () => socket.write(text));
        let answer = '';
        socket.on('data', (part) => (answer += part.toString()));
        socket.once('close', () => {
          resolve(answer);
        });
      });
    const headers = `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${impatient.apiKey}\r\n`;
    expect(await slow(headers)).toMatch(/^HTTP\/1\.1 408/u);
    expect(await slow(`${headers}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{`)).not.toMatch(
      /^HTTP\/1\.1 200/u,
    );
    await impatient.close();
  });

  it('survives broken HTTP', async () => {
    const raw = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.end('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: x\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (part) => (text += part.toString()));
      socket.once('close', () => {
        resolve(text);
      });
    });
    expect(raw).toMatch(/^HTTP\/1\.1 400/u);
    expect((await ask('GET', '/v1/models')).status).toBe(200);
  });
});
