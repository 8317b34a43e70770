import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { PANELS } from '../../../../src/extension/contributions.ts';
import { OpenPanels, type PanelServices } from '../../../../src/extension/panels/openPanels.ts';
import { NO_LOCAL_FACTS, type JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { aHistory, aJob } from '../../../support/jobBuilders.ts';
import { fileUri } from '../../../support/vscodeDouble.ts';
import { uiDouble } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

interface Shown {
  readonly panel: string;
  readonly connectionId: string;
  readonly connectionName: string;
}

let connections: Connection[];
let warnings: string[];
let panels: OpenPanels;
const record: JobRecord = {
  connectionId: 'lab',
  job: aJob(),
  ...aHistory(),
  checkpoints: [],
  local: NO_LOCAL_FACTS,
  complete: true,
  gone: false,
  seenAt: 0,
};

beforeEach(() => {
  connections = [
    { id: 'lab', kind: 'compatible', name: 'Lab', baseUrl: 'http://127.0.0.1:1/v1' },
    { id: 'attic', kind: 'compatible', name: 'Attic', baseUrl: 'http://127.0.0.1:2/v1' },
  ];
  warnings = [];
  const log = { info: vi.fn(), error: vi.fn(), warn: (text: string) => warnings.push(text) };
  const one = (id: string, job: string): JobRecord | null =>
    id === record.connectionId && job === record.job.id ? record : null;
  panels = new OpenPanels({
    ui: uiDouble(),
    log,
    extensionUri: fileUri('/extension'),
    context: { globalState: { get: (_: string, fallback: unknown) => fallback } },
    connections: { list: () => Promise.resolve(connections) },
    jobs: { load: () => Promise.resolve(), list: () => [record], get: one, onDidChange: () => ({ dispose: vi.fn() }) },
    watch: { setVisible: vi.fn() },
  } as unknown as PanelServices);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A panel that comes back, whose page says that it is ready; what it was told. */
async function restore(viewType: string, state: unknown): Promise<{ disposed: boolean; shown: readonly Shown[] }> {
  let disposed = false;
  const shown: Shown[] = [];
  let receive: (message: unknown) => void = () => undefined;
  const panel = {
    visible: true,
    title: '',
    webview: {
      cspSource: 'csp',
      asWebviewUri: (uri: unknown) => uri,
      onDidReceiveMessage: (listener: (message: unknown) => void) => {
        receive = listener;
      },
      postMessage: (message: { readonly state: Shown }) => {
        shown.push(message.state);
        return Promise.resolve(true);
      },
    },
    onDidChangeViewState: vi.fn(),
    onDidDispose: vi.fn(),
    dispose: () => {
      disposed = true;
    },
  } as unknown as vscode.WebviewPanel;
  await panels.restore(viewType, panel, state);
  receive({ type: 'ready' });
  return { disposed, shown };
}

const job = { v: 1, panel: 'job', connectionName: 'Lab', jobId: record.job.id, view: null };
const question = { v: 1, panel: 'try', connectionName: 'Lab', model: 'ft:base-1', view: null };

describe.each([
  [PANELS.job, job],
  [PANELS.tryModel, question],
])('a panel that comes back: %s', (viewType, saved) => {
  it('belongs to its connection, although that has another name now and its name another connection', async () => {
    const [lab, attic] = connections;
    if (!lab || !attic) throw new Error('There are two.');
    connections = [
      { ...attic, name: 'Lab' },
      { ...lab, name: 'Basement' },
    ];
    const { disposed, shown } = await restore(viewType, { ...saved, connectionId: 'lab' });
    expect(disposed).toBe(false);
    expect(shown).toMatchObject([{ panel: saved.panel, connectionId: 'lab', connectionName: 'Basement' }]);
  });

  it('is found by the name of its connection where an earlier version kept no more', async () => {
    const { disposed, shown } = await restore(viewType, saved);
    expect(disposed).toBe(false);
    expect(shown).toMatchObject([{ connectionId: 'lab', connectionName: 'Lab' }]);
  });

  it('closes when its connection was removed, whatever has its name', async () => {
    const { disposed, shown } = await restore(viewType, { ...saved, connectionId: 'gone' });
    expect({ disposed, shown }).toEqual({ disposed: true, shown: [] });
    expect(warnings).toHaveLength(1);
  });
});
