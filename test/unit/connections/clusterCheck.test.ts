import { afterEach, describe, expect, it } from 'vitest';
import { readRayVersion } from '../../../src/connections/clusterCheck.ts';
import { startRayDashboard, type RayDashboard } from '../../support/rayDashboard.ts';

let dashboard: RayDashboard | null = null;
afterEach(async () => {
  await dashboard?.close();
  dashboard = null;
});

describe('a look at a Ray cluster', () => {
  it('reads the version, and sends the token where it belongs', async () => {
    dashboard = await startRayDashboard();
    expect(await readRayVersion(dashboard.address, 'secret')).toEqual({ ok: true, value: '2.60.0' });
    await readRayVersion(dashboard.address, null);
    expect(dashboard.requests).toEqual([
      { method: 'GET', url: '/api/version', authorization: 'Bearer secret' },
      { method: 'GET', url: '/api/version', authorization: undefined },
    ]);
  });

  it.each([401, 403])('names the token where it is refused with %i', async (status) => {
    dashboard = await startRayDashboard({ status });
    expect(await readRayVersion(dashboard.address, 'wrong')).toMatchObject({ ok: false, error: { code: 'bad-token' } });
  });

  it.each([
    ['a page', 200, '<html>hello</html>'],
    ['another API', 200, '{"object":"list","data":[]}'],
    ['nothing there', 404, 'not found'],
    ['a broken one', 500, '{"ray_version":"2.60.0"}'],
  ])('says that %s is no dashboard', async (_, status, body) => {
    dashboard = await startRayDashboard({ status, body });
    const { hostname, port } = new URL(dashboard.address);
    expect(await readRayVersion(dashboard.address, null)).toMatchObject({
      ok: false,
      error: {
        code: 'no-cluster',
        message: `The address ${hostname}:${port} does not answer as a Ray dashboard does.`,
      },
    });
  });

  it('follows no redirect, which could take the token elsewhere', async () => {
    dashboard = await startRayDashboard({ status: 302, headers: { location: '/api/version' } });
    expect(await readRayVersion(dashboard.address, 'secret')).toMatchObject({
      ok: false,
      error: { code: 'no-cluster' },
    });
    expect(dashboard.requests).toHaveLength(1);
  });

  it('says that nothing answers', async () => {
    expect(await readRayVersion('http://127.0.0.1:9', null)).toMatchObject({
      ok: false,
      error: { message: 'The Ray dashboard at 127.0.0.1:9 does not answer.' },
    });
  });
});
