import type * as vscode from 'vscode';
import { originOf } from '../../core/provider/addresses.ts';

/**
 * Keys, bound to the origin they were given for: the store's name of a key *is* its origin, so a connection whose address
 * is edited to another origin has no key until one is typed for it.
 */
export class KeyStore {
  readonly #secrets: vscode.SecretStorage;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  async get(baseUrl: string): Promise<string | null> {
    const name = nameOf(baseUrl);
    return name === null ? null : ((await this.#secrets.get(name)) ?? null);
  }

  async set(baseUrl: string, key: string): Promise<void> {
    const name = nameOf(baseUrl);
    if (name === null) throw new Error('A key needs an address that it belongs to.');
    await this.#secrets.store(name, key);
  }

  async delete(baseUrl: string): Promise<void> {
    const name = nameOf(baseUrl);
    if (name !== null) await this.#secrets.delete(name);
  }

  /** Also when another window changed a key: cached clients must go. */
  onDidChange(listener: () => void): vscode.Disposable {
    return this.#secrets.onDidChange(listener);
  }
}

function nameOf(baseUrl: string): string | null {
  const origin = originOf(baseUrl);
  return origin === null ? null : `key:${origin}`;
}
