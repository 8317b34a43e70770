import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { addConnection } from '../../../../src/extension/connections/addConnection.ts';
import { editConnection, removeConnection, setApiKey } from '../../../../src/extension/connections/commands.ts';
import { startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { startRayDashboard, type RayDashboard } from '../../../support/rayDashboard.ts';
import { uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const TOKEN = 'token-of-the-dashboard';
const CONNECTED = { status: /^\$\(check\) Ray cluster is connected/ } as const;

describe('a connection to a Ray cluster', () => {
  let ui: UiDouble;
  let extension: ExtensionDouble;
  let dashboard: RayDashboard;
  beforeEach(async () => {
    ui = uiDouble();
    extension = await startExtension(ui);
    dashboard = await startRayDashboard({ token: TOKEN });
  });
  afterEach(async () => {
    await extension.close();
    await dashboard.close();
  });

  async function add(token: string, ...after: readonly Line[]): Promise<Connection> {
    ui.expect(
      { pick: 'Which provider?', answer: 'Ray cluster' },
      {
        input: /^Address of the cluster's dashboard/,
        refused: [['http://ray.example.com', /unencrypted/]],
        answer: dashboard.address,
      },
      { input: /^Token of the dashboard at 127\.0\.0\.1/, answer: token },
      {
        input: /^Storage that this machine and every node reach/,
        refused: [['shared', /absolute folder/]],
        answer: ' /mnt/shared ',
      },
      { input: /^Workers of a job/, refused: [['0', /whole number/]], answer: '3' },
      { pick: 'What does each worker compute with?', answer: 'A GPU' },
      ...after,
    );
    return await addConnection(extension.services);
  }

  it('has an address, a token, a storage and its workers, and is looked at', async () => {
    const connection = await add(TOKEN, CONNECTED);
    expect(connection).toMatchObject({
      kind: 'ray',
      name: 'Ray cluster',
      baseUrl: dashboard.address,
      cluster: { storage: '/mnt/shared', workers: 3, gpu: true },
    });
    expect(await extension.services.keys.get(connection)).toBe(TOKEN);
    expect(dashboard.requests).toEqual([{ method: 'GET', url: '/api/version', authorization: `Bearer ${TOKEN}` }]);
    // Its jobs go through the server of this machine, which gets a key of its own.
    expect(extension.server.requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(extension.server.requests)).not.toContain(TOKEN);
  });

  it('says that the token is refused, and how another one is set', async () => {
    const connection = await add(
      'wrong',
      { status: /Ray cluster is not connected/ },
      {
        notify:
          /^Ray cluster was saved but does not work yet\. The Ray dashboard at 127\.0\.0\.1:\d+ refuses the token\./,
        kind: 'warning',
        actions: ['Set API Key…', 'Remove Connection'],
      },
    );
    ui.expect({ input: /Replaces the key that ends in …/, answer: TOKEN }, CONNECTED);
    await setApiKey(extension.services, connection.id);
    expect(extension.endedServers).toEqual([connection.id]);
  });

  it('says that nothing answers', async () => {
    await dashboard.close();
    await add(
      '',
      { status: /Ray cluster is not connected/ },
      {
        notify: /The Ray dashboard at 127\.0\.0\.1:\d+ does not answer\. Start the cluster or the tunnel to it/,
        kind: 'warning',
        actions: ['Test Again', 'Remove Connection'],
      },
    );
  });

  it('is removed, and says that its models are on this machine', async () => {
    const connection = await add(TOKEN, CONNECTED);
    ui.expect({
      modal: 'Remove Ray cluster?',
      detail: /Its models stay on this machine, and a job that is in progress goes on\.$/,
      answer: 'Remove',
    });
    await removeConnection(extension.services, connection.id);
    expect(await extension.services.keys.get(connection)).toBeNull();
  });

  it('has its storage and workers edited, for the next job', async () => {
    const connection = await add(TOKEN, CONNECTED);
    ui.expect(
      { input: /^Storage/, answer: 's3://bucket/tuning-fork' },
      { input: /^Workers of a job/, answer: '8' },
      { pick: /compute with/, answer: 'Processor cores' },
      { input: /^Address of the cluster's dashboard/, answer: dashboard.address },
      CONNECTED,
    );
    await editConnection(extension.services, connection.id);
    expect(await extension.services.connections.get(connection.id)).toMatchObject({
      cluster: { storage: 's3://bucket/tuning-fork', workers: 8, gpu: false },
    });
  });
});
