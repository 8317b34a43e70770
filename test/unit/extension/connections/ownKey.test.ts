import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { KeyStore } from '../../../../src/extension/connections/keyStore.ts';
import { ensureOwnKey } from '../../../../src/extension/connections/ownKey.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { CLOSED, UiDouble } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const work: Connection = { id: 'work', kind: 'openai', name: 'OpenAI', baseUrl: 'https://api.openai.com/v1' };
const home: Connection = { ...work, id: 'home', name: 'OpenAI 2' };
const pick = 'Several connections to api.openai.com have used the key that ends in …7777';
const enter = '$(key) Enter the key of OpenAI 2…';
const input = 'Kept in secret storage for this connection, sent to api.openai.com only.';

let values: Map<string, string>;
let ui: UiDouble;
let services: { keys: KeyStore; ui: UiDouble };

beforeEach(() => {
  values = new Map([['key:https://api.openai.com', 'sk-shared-7777']]);
  ui = new UiDouble();
  const secrets = {
    get: (name: string) => Promise.resolve(values.get(name)),
    store: (name: string, value: string) => {
      values.set(name, value);
      return Promise.resolve();
    },
    delete: (name: string) => {
      values.delete(name);
      return Promise.resolve();
    },
    onDidChange: () => ({ dispose: () => undefined }),
  };
  services = { keys: new KeyStore(secrets, () => Promise.resolve([work, home])), ui };
});

afterEach(() => {
  ui.done();
});

describe('before money is spent with a key that several connections used', () => {
  it('asks whose it is, and keeps the key that is entered for this connection', async () => {
    ui.expect(
      {
        pick,
        title: 'Which account does this key belong to?',
        reads: [
          `${enter}: kept in secret storage`,
          '$(check) …7777 is the key of OpenAI 2: jobs and requests are billed to its account',
        ],
        answer: enter,
      },
      {
        input,
        title: 'API Key of OpenAI 2',
        refused: [
          ['', 'Paste the key.'],
          ['  ', 'Paste the key.'],
          ['two words', 'A key has no spaces or line breaks. Paste only the key.'],
        ],
        answer: ' sk-home-8888 ',
      },
    );
    await ensureOwnKey(services, home);
    expect(await services.keys.get(home)).toBe('sk-home-8888');
    expect(await services.keys.get(work)).toBe('sk-shared-7777');
    // Not asked again.
    await ensureOwnKey(services, home);
  });

  it('keeps it for the connection that it is said to be of, and still asks for the other one', async () => {
    ui.expect({ pick, answer: '$(check) …7777 is the key of OpenAI' });
    await ensureOwnKey(services, work);
    expect(await services.keys.isShared(work)).toBe(false);
    expect(await services.keys.isShared(home)).toBe(true);
    ui.expect({ pick, answer: '$(check) …7777 is the key of OpenAI 2' });
    await ensureOwnKey(services, home);
    expect([...values.keys()].sort()).toEqual(['key:https://api.openai.com#home', 'key:https://api.openai.com#work']);
  });

  it('spends nothing and changes nothing when the question or the box is closed', async () => {
    ui.expect({ pick, answer: CLOSED }, { pick, answer: enter }, { input, answer: CLOSED });
    await expect(ensureOwnKey(services, home)).rejects.toThrow(Cancelled);
    await expect(ensureOwnKey(services, home)).rejects.toThrow(Cancelled);
    expect(await services.keys.isShared(home)).toBe(true);
  });

  it('asks nothing of a connection with its own key, without one, or on this machine', async () => {
    await services.keys.set(work, 'sk-work');
    await services.keys.set(home, '');
    await ensureOwnKey(services, work);
    await ensureOwnKey(services, home);
    await ensureOwnKey(services, { id: 'local', kind: 'local', name: 'Local', baseUrl: '' });
  });
});
