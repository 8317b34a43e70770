import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelsTree } from '../../../../src/extension/models/modelsTree.ts';
import { markComplete } from '../../../../src/openWeights/environment.ts';
import { placesIn, pythonOf } from '../../../../src/openWeights/places.ts';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const local: Connection = { id: 'local', kind: 'local', name: 'Local', baseUrl: '' };
const lab: Connection = { id: 'lab', kind: 'compatible', name: 'Lab', baseUrl: 'https://lab.example/v1' };

describe('open-weights training in the Models view', () => {
  let folder: string;
  let tree: ModelsTree;

  beforeEach(async () => {
    editor.reset();
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-models-'));
    tree = new ModelsTree({
      folder,
      log: { warn: () => undefined },
      connections: { list: () => Promise.resolve([local, lab]), onDidChange: () => undefined },
      jobs: { load: () => Promise.resolve(), list: () => [], onDidChange: () => undefined },
      providers: { get: () => Promise.resolve({ listModels: () => Promise.resolve([]) }) },
    } as unknown as ConstructorParameters<typeof ModelsTree>[0]);
  });

  afterEach(async () => {
    tree.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  /** Context values of the connections, and the rows that set training up by connection. */
  async function shown(): Promise<{ readonly contexts: readonly unknown[]; readonly rows: readonly string[] }> {
    const nodes = await tree.getChildren();
    const rows: string[] = [];
    for (const node of nodes) {
      for (const child of await tree.getChildren(node)) {
        if (tree.getTreeItem(child).command?.command === 'tuningFork.setUpOpenWeights') rows.push(node.connectionId);
      }
    }
    return { contexts: nodes.map((node) => tree.getTreeItem(node).contextValue), rows };
  }

  it('has a row and an action on the Local connection only, until it is set up', async () => {
    expect(await shown()).toEqual({
      contexts: ['connection localServer openWeightsMissing', 'connection removable'],
      rows: ['local'],
    });
    const { venv } = placesIn(folder);
    await mkdir(path.dirname(pythonOf(venv)), { recursive: true });
    await writeFile(pythonOf(venv), '');
    await markComplete(venv, { trainer: '', python: '', madeAt: '', bytes: 0 });
    expect(await shown()).toEqual({
      contexts: ['connection localServer openWeightsReady', 'connection removable'],
      rows: [],
    });
  });
});
