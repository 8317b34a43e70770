// Keys are sent only to the origin they were entered for: neither to an edited address nor for another connection.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addConnection } from '../../../../src/extension/connections/addConnection.ts';
import { editConnection, removeConnection, setApiKey } from '../../../../src/extension/connections/commands.ts';
import { KeyStore, type KeyOwner } from '../../../../src/extension/connections/keyStore.ts';
import { memorySecrets, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { startFaultServer, type FaultServer } from '../../../support/faultServer.ts';
import { uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

describe('the store of keys', () => {
  const keys = new KeyStore(memorySecrets(), () => Promise.resolve([]));
  const at = (baseUrl: string): KeyOwner => ({ id: 'a', baseUrl });

  it('has one key an origin', async () => {
    await keys.set(at('https://api.example.com/v1'), 'sk-of-example');
    await keys.set(at('https://api.example.org/v1'), 'sk-of-another');
    expect(await keys.get(at('https://api.example.com/v2/deeper'))).toBe('sk-of-example');
    expect(await keys.get(at('https://api.example.org/v1'))).toBe('sk-of-another');
    await keys.delete(at('https://api.example.org/v1'));
    expect(await keys.get(at('https://api.example.org/v1'))).toBeNull();
    expect(await keys.get(at('https://api.example.com/v1'))).toBe('sk-of-example');
  });

  it.each([
    'http://api.example.com/v1',
    'https://api.example.com:8443/v1',
    'https://example.com/v1',
    'https://api.example.com.evil.test/v1',
    'https://evil.test/api.example.com/v1',
    'https://evil.test/?https://api.example.com/v1',
    'https://api.example.com@evil.test/v1',
    'no address',
    '',
  ])('has none for %j', async (address) => {
    expect(await keys.get(at(address))).toBeNull();
  });

  it('keeps none without an address', async () => {
    await expect(keys.set(at('no address'), 'sk-lost')).rejects.toThrow('A key needs an address');
  });
});

describe('the key of a connection', () => {
  let ui: UiDouble;
  let extension: ExtensionDouble;
  let other: FaultServer;
  /** Distinct keys that a server received. */
  const sentTo = (server: FaultServer): readonly (string | undefined)[] => [
    ...new Set(server.requests.map(({ headers }) => headers.authorization)),
  ];
  const CONNECTED: Line = { status: /is connected/ };
  const ASK_KEY = /^API key for .*; the old key is sent to .* only$/;

  beforeEach(async () => {
    editor.reset();
    ui = uiDouble();
    extension = await startExtension(ui);
    other = await startFaultServer();
  });
  afterEach(async () => {
    await extension.close();
    await other.close();
  });

  it('is not sent to another connection', async () => {
    ui.expect(
      { pick: 'Which provider?', title: 'Add Connection', answer: 'OpenAI-compatible' },
      {
        input: 'Name of the connection',
        refused: [
          ['lab', /already exists/],
          [' ', /name/],
        ],
        answer: 'Other',
      },
      { input: /^Base URL/, refused: [['nothing', /./]], answer: other.baseUrl },
      { input: /^API key for/, refused: [['two words', /no spaces/]], answer: 'sk-typed-for-other' },
      { status: /Other is not connected/ },
      {
        notify: /^Other was saved but does not work yet/,
        kind: 'warning',
        actions: ['Set API Key…', 'Remove Connection'],
      },
    );
    await addConnection(extension.services);
    expect(sentTo(other)).toEqual(['Bearer sk-typed-for-other']);
    const provider = await extension.services.providers.get(extension.lab.id);
    await provider.listModels();
    expect(sentTo(extension.server)).toEqual([`Bearer ${extension.server.apiKey}`]);
  });

  it('stays behind when the address is edited to another origin, where another one is asked for', async () => {
    ui.expect(
      { input: /^Base URL/, answer: other.baseUrl },
      { input: ASK_KEY, answer: other.apiKey.replace('server', 'other') },
      { status: /Lab is not connected/ },
      { notify: /does not work yet/, kind: 'warning' },
    );
    await editConnection(extension.services, extension.lab.id);
    expect(sentTo(other)).toEqual(['Bearer sk-test-key-of-the-fault-other']);
    expect(extension.server.requests).toEqual([]);
    // No other connection uses the old key.
    expect(await extension.services.keys.get({ ...extension.lab, baseUrl: extension.server.baseUrl })).toBeNull();
  });

  it('is not asked for again when only the path is edited', async () => {
    ui.expect({ input: /^Base URL/, answer: `${extension.server.origin}/v1/` }, CONNECTED);
    await editConnection(extension.services, extension.lab.id);
    expect(sentTo(extension.server)).toEqual([`Bearer ${extension.server.apiKey}`]);
  });

  it('is replaced where it was set, and shown by its end only', async () => {
    const { connections, keys } = extension.services;
    const second = await connections.add({ kind: 'compatible', name: 'Other', baseUrl: other.baseUrl });
    await keys.set(second, 'sk-of-other-1234');
    ui.expect(
      { pick: 'Which connection?', offers: ['Lab'], answer: 'Other' },
      {
        input: /Replaces the key that ends in …1234\.$/,
        refused: [['', 'Paste the key.']],
        answer: `  ${other.apiKey}  `,
      },
      CONNECTED,
    );
    await setApiKey(extension.services, undefined);
    expect(await keys.get(second)).toBe(other.apiKey);
    expect(sentTo(other)).toEqual([`Bearer ${other.apiKey}`]);
    expect(await keys.get(extension.lab)).toBe(extension.server.apiKey);
  });

  it('goes with its connection and leaves the key of another one at the origin', async () => {
    const { connections, keys } = extension.services;
    const twin = await connections.add({ kind: 'compatible', name: 'Twin', baseUrl: `${extension.server.origin}/v2` });
    ui.expect({
      modal: 'Remove Twin?',
      detail: /^Its key is deleted from this machine/,
      answer: 'Remove',
    });
    await removeConnection(extension.services, twin.id);
    expect(await keys.get(extension.lab)).toBe(extension.server.apiKey);
    ui.expect({ modal: 'Remove Lab?', detail: /^Its key is deleted from this machine/, answer: 'Remove' });
    await removeConnection(extension.services, extension.lab.id);
    expect(await keys.get(extension.lab)).toBeNull();
  });
});
