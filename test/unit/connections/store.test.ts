import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../src/core/provider/connection.ts';
import { ConnectionStore, LOCAL_CONNECTION } from '../../../src/connections/store.ts';

let folder: string;
let file: string;
const stores: ConnectionStore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  file = path.join(folder, 'connections.json');
});
afterEach(async () => {
  for (const store of stores.splice(0)) store.dispose();
  await rm(folder, { recursive: true });
});

/** As a window opens it. */
function open(): ConnectionStore {
  const store = new ConnectionStore(folder);
  stores.push(store);
  return store;
}

const lab = { kind: 'compatible', name: 'Lab', baseUrl: 'http://127.0.0.1:4000/v1' } as const;
const capabilities = { models: 'yes', files: 'unknown', fineTuning: { no: 'No.' }, batches: 'yes' } as const;
const names = async (store: ConnectionStore): Promise<readonly string[]> =>
  (await store.list()).map(({ name }) => name);

describe('the connections', () => {
  it('are Local and what was added, with all their facts, after a restart, too', async () => {
    const full: Omit<Connection, 'id'> = {
      kind: 'openai',
      name: 'Work',
      baseUrl: 'https://api.openai.com/v1',
      organization: 'org-1',
      project: 'proj_1',
      checked: { at: 5, capabilities },
      retirements: { 'gpt-4o': '2027-01-14' },
      deployments: { a: 'b' },
    };
    const store = open();
    expect(await store.list()).toEqual([LOCAL_CONNECTION]);
    const added = [await store.add(lab), await store.add(full), await store.add({ ...lab, kind: 'azure', name: 'A' })];
    expect(await open().list()).toEqual([LOCAL_CONNECTION, ...added]);
    expect(await open().get(added[1]?.id ?? '')).toEqual({ ...full, id: added[1]?.id });
  });

  it('change what is named and lose what is taken away', async () => {
    const store = open();
    const { id } = await store.add({ ...lab, organization: 'org-1', checked: { at: 5, capabilities } });
    await store.update(id, { name: 'Attic', checked: undefined });
    expect(await open().get(id)).toEqual({ ...lab, id, name: 'Attic', organization: 'org-1' });
    await store.update('nobody', { name: 'x' });
    await store.update('local', { name: 'x' });
    expect(await names(open())).toEqual(['Local', 'Attic']);
  });

  it('get their id back when the same address is added again, so that what is known of their jobs is found', async () => {
    const store = open();
    const { id } = await store.add(lab);
    await store.remove(id);
    expect(await store.list()).toEqual([LOCAL_CONNECTION]);
    expect((await store.add({ ...lab, name: 'Other', baseUrl: 'http://127.0.0.1:4001/v1' })).id).not.toBe(id);
    expect((await open().add({ ...lab, name: 'Lab again' })).id).toBe(id);
    expect((await open().add({ ...lab, name: 'Lab twice' })).id).not.toBe(id);
  });

  it('are all kept when several are changed at once', async () => {
    const store = open();
    await Promise.all(Array.from({ length: 12 }, (_, n) => store.add({ ...lab, name: `L${String(n)}` })));
    expect((await open().list()).length).toBe(13);
  });

  it('of another window are known before the next change, and told of', async () => {
    const [one, other] = [open(), open()];
    expect(await names(other)).toEqual(['Local']);
    other.watch();
    const told = vi.fn();
    other.onDidChange(told);
    await one.add(lab);
    await vi.waitUntil(() => told.mock.calls.length > 0, { timeout: 15_000 });
    expect(await names(other)).toEqual(['Local', 'Lab']);
    await other.add({ ...lab, name: 'Two' });
    await one.add({ ...lab, name: 'Three' });
    expect(await names(open())).toEqual(['Local', 'Lab', 'Two', 'Three']);
  });
});

describe('a file of connections', () => {
  it('of a newer version keeps what this one does not understand', async () => {
    const future = { id: 'f', kind: 'bedrock', name: 'F', baseUrl: 'x', region: 'y' };
    await writeFile(
      file,
      JSON.stringify({ v: 1, connections: [future, { ...lab, id: 'a', checked: { at: 'never' } }] }),
    );
    const store = open();
    expect(await store.list()).toEqual([LOCAL_CONNECTION, { ...lab, id: 'a' }]);
    await store.update('a', { name: 'B' });
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      connections: [{ id: 'a', name: 'B' }, future],
    });
  });

  it.each(['', '{', '[]', '{"v":2,"connections":[]}', '{"v":1}', 'null'])(
    'that says %j is set aside, not written over',
    async (text) => {
      await writeFile(file, text);
      const store = open();
      expect(await store.list()).toEqual([LOCAL_CONNECTION]);
      await store.add(lab);
      expect(await names(open())).toEqual(['Local', 'Lab']);
      const aside = (await readdir(folder)).filter((name) => name.endsWith('.unreadable'));
      expect(aside).toHaveLength(text === '' ? 0 : 1);
    },
  );
});
