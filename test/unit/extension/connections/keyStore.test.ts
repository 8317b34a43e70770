import { beforeEach, describe, expect, it } from 'vitest';
import { KeyStore, type KeyOwner, type Secrets } from '../../../../src/extension/connections/keyStore.ts';

const OPENAI = 'https://api.openai.com/v1';
const work = { id: 'work', baseUrl: OPENAI };
const home = { id: 'home', baseUrl: OPENAI };
const lab = { id: 'lab', baseUrl: 'https://lab.example.com:8443/v1' };

let secrets: FakeSecrets;
let connections: KeyOwner[];
let keys: KeyStore;
/** Opens another window with the same secrets. */
let otherKeys: KeyStore;

beforeEach(() => {
  secrets = new FakeSecrets();
  connections = [];
  keys = openWindow();
  otherKeys = openWindow();
});

describe('a key', () => {
  it('belongs to one connection, although another one goes to the same origin', async () => {
    connections = [work, home];
    await keys.set(work, 'sk-work');
    await keys.set(home, 'sk-home');
    expect(await keys.get(work)).toBe('sk-work');
    expect(await keys.get(home)).toBe('sk-home');
    expect(secrets.names()).toEqual(['key:https://api.openai.com#home', 'key:https://api.openai.com#work']);
  });

  it('stays with its origin: an address edited to another one has none', async () => {
    connections = [work];
    await keys.set(work, 'sk-work');
    expect(await keys.get({ ...work, baseUrl: 'https://api.openai.com/v2' })).toBe('sk-work');
    for (const baseUrl of [
      'https://api.openai.com.evil.example/v1',
      'http://api.openai.com/v1',
      'https://api.openai.com:444/v1',
      '',
      'no address',
    ]) {
      expect(await keys.get({ ...work, baseUrl })).toBeNull();
    }
    await expect(keys.set({ id: 'work', baseUrl: 'no address' }, 'sk')).rejects.toThrow('needs an address');
  });

  it('is deleted alone', async () => {
    connections = [work, home];
    await keys.set(work, 'sk-work');
    await keys.set(home, 'sk-home');
    await keys.delete(work);
    expect(await keys.get(work)).toBeNull();
    expect(await keys.get(home)).toBe('sk-home');
  });

  it('can be none, which is not the same as not being there yet', async () => {
    connections = [work, home];
    secrets.values.set('key:https://api.openai.com', 'sk-old');
    await keys.set(home, '');
    expect(await keys.get(home)).toBeNull();
    expect(await keys.isBound(home)).toBe(true);
    expect(await keys.isShared(home)).toBe(false);
    expect(await keys.get(work)).toBe('sk-old');
  });

  it('tells every window which connection it changed for', async () => {
    const heard: string[] = [];
    otherKeys.onDidChange((id) => heard.push(id));
    await keys.set(lab, 'sk-lab');
    secrets.values.set('key:https://api.openai.com', 'sk-old');
    connections = [work];
    await keys.get(work);
    await keys.delete(lab);
    // Silent about the deleted old secret: no client was created with its name.
    expect(heard).toEqual(['lab', 'work', 'lab']);
  });
});

describe('the key of an origin, from an earlier version', () => {
  beforeEach(() => {
    secrets.values.set('key:https://api.openai.com', 'sk-old');
    secrets.values.set('key:https://lab.example.com:8443', 'sk-lab');
  });

  it('is not touched before it is needed', () => {
    expect(secrets.calls).toBe(0);
  });

  it('goes over to the connection that is alone there, silently and once', async () => {
    connections = [work, lab];
    expect(await keys.get(work)).toBe('sk-old');
    expect(await keys.isShared(work)).toBe(false);
    expect(secrets.names()).toEqual(['key:https://api.openai.com#work', 'key:https://lab.example.com:8443']);
    const before = secrets.calls;
    expect(await keys.get(work)).toBe('sk-old');
    expect(secrets.calls - before).toBe(1);
  });

  it('is read with by several until each has its own, and is gone then', async () => {
    connections = [work, home];
    expect(await keys.get(work)).toBe('sk-old');
    expect(await keys.get(home)).toBe('sk-old');
    expect(await keys.isShared(work)).toBe(true);
    await keys.set(home, 'sk-home');
    expect(await keys.get(work)).toBe('sk-old');
    expect(await keys.isShared(work)).toBe(true);
    expect(await keys.isShared(home)).toBe(false);
    await keys.set(work, 'sk-old');
    expect(await keys.isShared(work)).toBe(false);
    expect(secrets.names().filter((name) => name.includes('openai'))).toEqual([
      'key:https://api.openai.com#home',
      'key:https://api.openai.com#work',
    ]);
  });

  it('is not taken for the key of the one that is left when others are removed', async () => {
    connections = [work, home];
    await keys.settle(OPENAI);
    connections = [work];
    await keys.delete(home);
    expect(await keys.get(work)).toBe('sk-old');
    expect(await keys.isShared(work)).toBe(true);
  });

  it('is the first connection’s when another is added after it was settled', async () => {
    connections = [work];
    await keys.settle(OPENAI);
    connections = [work, home];
    expect(await keys.get(work)).toBe('sk-old');
    expect(await keys.get(home)).toBeNull();
    expect(await keys.isShared(work)).toBe(false);
  });

  it('goes with the last connection of its origin', async () => {
    connections = [work, home];
    await keys.get(work);
    connections = [];
    await keys.delete(work);
    expect(secrets.names()).toEqual(['key:https://lab.example.com:8443']);
  });

  it('is kept while the list of connections cannot be read', async () => {
    connections = [];
    expect(await keys.get(work)).toBe('sk-old');
    await keys.set(home, 'sk-home');
    connections = [work];
    expect(await keys.get(work)).toBe('sk-old');
    expect(await keys.isShared(work)).toBe(false);
  });

  it('does not come back over a key that was entered', async () => {
    connections = [work];
    await keys.set(work, 'sk-new');
    expect(await keys.get(work)).toBe('sk-new');
    expect(await otherKeys.get(work)).toBe('sk-new');
    expect(secrets.names().filter((name) => name.includes('openai'))).toEqual(['key:https://api.openai.com#work']);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is found by two windows at once, whichever is faster (%i)', async (seed) => {
    connections = [work, lab];
    secrets.delaysFrom(seed);
    const found = await Promise.all([keys, otherKeys, keys, otherKeys].map(async (window) => window.get(work)));
    expect(found).toEqual(['sk-old', 'sk-old', 'sk-old', 'sk-old']);
    expect(await keys.isShared(work)).toBe(false);
  });
});

function openWindow(): KeyStore {
  return new KeyStore(secrets, () => Promise.resolve(connections));
}

/** In-memory secret storage, shared by all windows. */
class FakeSecrets implements Secrets {
  readonly values = new Map<string, string>();
  calls = 0;
  readonly #listeners = new Set<(event: { key: string }) => unknown>();
  #seed = 0;

  names(): readonly string[] {
    return [...this.values.keys()].sort();
  }

  /** Answers in an order that the seed decides. */
  delaysFrom(seed: number): void {
    this.#seed = seed;
  }

  async get(key: string): Promise<string | undefined> {
    await this.#turn();
    return this.values.get(key);
  }

  async store(key: string, value: string): Promise<void> {
    await this.#turn();
    this.values.set(key, value);
    this.#tell(key);
  }

  async delete(key: string): Promise<void> {
    await this.#turn();
    if (this.values.delete(key)) this.#tell(key);
  }

  onDidChange(listener: (event: { key: string }) => unknown): { dispose: () => void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  #tell(key: string): void {
    for (const listener of this.#listeners) listener({ key });
  }

  async #turn(): Promise<void> {
    this.calls += 1;
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    for (let left = this.#seed % 5; left >= 0; left--) await Promise.resolve();
  }
}
