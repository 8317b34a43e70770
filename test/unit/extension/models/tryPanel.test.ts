import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { FromPanel, ToPanel } from '../../../../src/protocol/panelMessages.ts';
import type { TryResult } from '../../../../src/protocol/tryPanel.ts';
import { TryPanel, type TryPanelServices } from '../../../../src/extension/models/tryPanel.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { createDatasetService } from '../../../../src/worker/datasetService.ts';
import { pickyModel } from '../../../support/faults/refusals.ts';
import { type FaultServer, startFaultServer } from '../../../support/faultServer.ts';

vi.mock('vscode', async () => {
  const { vscodeDouble } = await import('../../../support/vscodeDouble.ts');
  const uri = { toString: () => '' };
  return { ...vscodeDouble(), Uri: { joinPath: () => uri } };
});

let server: FaultServer;
let folder: string;
beforeEach(async () => {
  server = await startFaultServer();
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Page of a panel for tests: takes messages, returns the last state. */
function openPanel(model: string) {
  const states: ToPanel[] = [];
  let receive: (message: FromPanel) => void = () => undefined;
  const webview = {
    cspSource: '',
    html: '',
    options: {},
    asWebviewUri: () => ({ toString: () => '' }),
    onDidReceiveMessage: (listener: typeof receive) => {
      receive = listener;
    },
    postMessage: (message: ToPanel) => {
      states.push(message);
      return Promise.resolve(true);
    },
  };
  const service = createDatasetService(() => {
    throw new Error('No tokens are counted here.');
  });
  const { signal } = new AbortController();
  const services = {
    log: { warn: () => undefined, error: () => undefined },
    providers: { get: () => Promise.resolve(createClient(server)) },
    datasets: {
      inspect: (...args: Parameters<typeof service.inspect>[0]) => service.inspect(args, signal),
      rows: (...args: Parameters<typeof service.rows>[0]) => service.rows(args, signal),
    },
  } as unknown as TryPanelServices;
  const panel = new TryPanel(
    services,
    { webview, onDidDispose: () => undefined, title: '' } as never,
    { connectionId: 'c', connectionName: 'Paid', model, answerPrefix: null },
    () => Promise.reject(new Error('Nobody chooses a file.')),
  );
  receive({ type: 'ready' });
  const ask = async (message: FromPanel): Promise<TryResult> => {
    states.length = 0;
    receive(message);
    return await vi.waitUntil(() => {
      const last = states.at(-1);
      return last?.type === 'state' && last.state.panel === 'try' && !last.state.busy ? last.state.result : null;
    });
  };
  return { panel, ask };
}

const sampling = { temperature: 0, maxTokens: 16, seed: 42 };

it('asks a model without what it refuses, with room for its reasoning, and says so', async () => {
  server.otherwise = pickyModel();
  const { ask } = openPanel('o4-mini');
  const result = await ask({ type: 'askPrompt', system: '', prompt: 'How much?', prefix: '', sampling });
  expect(result.leftOut).toBe('temperature left out: o4-mini does not accept it');
  expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ max_completion_tokens: 8208, seed: 42 });
  expect(server.requests).toHaveLength(1);
});

it('finds out what a model refuses that it does not know', async () => {
  server.otherwise = pickyModel();
  const { ask } = openPanel('my-deployment');
  const result = await ask({ type: 'askPrompt', system: '', prompt: 'How much?', prefix: '', sampling });
  expect(result).toMatchObject({ reply: '0', leftOut: 'temperature left out: my-deployment does not accept it' });
});

it('takes no number of the beginning that all answers share', async () => {
  const file = path.join(folder, 'estimates.jsonl');
  const line = (price: number): string =>
    JSON.stringify({
      messages: [
        { role: 'user', content: `What does article ${String(price)} cost?` },
        { role: 'assistant', content: `GPT-4 estimate: $${String(price)}` },
      ],
    });
  await writeFile(file, [20, 30, 40].map(line).join('\n'));
  server.reply = () => 'GPT-4 estimate: $25';
  const { panel, ask } = openPanel('gpt-4o-mini');
  await panel.useDataset(file);
  const result = await ask({ type: 'askLine', line: 1, keepPrefix: false, sampling });
  expect(result).toMatchObject({ number: 25, truthNumber: 20, leftOut: null });
});
