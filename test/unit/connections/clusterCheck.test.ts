import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readRayVersion } from '../../../src/connections/clusterCheck.ts';

let server: Server | null = null;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((done) => (server === null ? done(null) : server.close(done)));
  server = null;
});

/** A dashboard that answers every request in the same way. */
async function dashboard(status: number, body: string, headers: Record<string, string> = {}) {
  const requests: { readonly url: string; readonly method: string; readonly token: string | undefined }[] = [];
  const made = createServer((request, response) => {
    requests.push({ url: request.url ?? '', method: request.method ?? '', token: request.headers.authorization });
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  server = made;
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done));
  return { address: `http://127.0.0.1:${String((made.address() as AddressInfo).port)}`, requests };
}

describe('a look at a Ray cluster', () => {
  it('reads the version, and sends the token where it belongs', async () => {
    const { address, requests } = await dashboard(200, '{"version":"4","ray_version":"2.60.0","ray_commit":"x"}');
    expect(await readRayVersion(address, 'secret')).toEqual({ ok: true, value: '2.60.0' });
    await readRayVersion(address, null);
    expect(requests).toEqual([
      { url: '/api/version', method: 'GET', token: 'Bearer secret' },
      { url: '/api/version', method: 'GET', token: undefined },
    ]);
  });

  it.each([401, 403])('names the token where it is refused with %i', async (status) => {
    const { address } = await dashboard(status, '{}');
    expect(await readRayVersion(address, 'wrong')).toMatchObject({ ok: false, error: { code: 'bad-token' } });
  });

  it.each([
    ['a page', 200, '<html>hello</html>'],
    ['another API', 200, '{"object":"list","data":[]}'],
    ['nothing there', 404, 'not found'],
    ['a broken one', 500, '{"ray_version":"2.60.0"}'],
  ])('says that %s is no dashboard', async (_, status, body) => {
    const { address } = await dashboard(status, body);
    expect(await readRayVersion(address, null)).toMatchObject({
      ok: false,
      error: {
        code: 'no-cluster',
        message: expect.stringMatching(/does not answer as a Ray dashboard does\.$/) as string,
      },
    });
  });

  it('follows no redirect, which could take the token elsewhere', async () => {
    const { address, requests } = await dashboard(302, '', { location: '/api/version' });
    expect(await readRayVersion(address, 'secret')).toMatchObject({ ok: false, error: { code: 'no-cluster' } });
    expect(requests).toHaveLength(1);
  });

  it('says that nothing answers', async () => {
    expect(await readRayVersion('http://127.0.0.1:9', null)).toMatchObject({
      ok: false,
      error: { message: 'The Ray dashboard at 127.0.0.1:9 does not answer.' },
    });
  });
});
