import type * as vscode from 'vscode';

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
    return (await this.#secrets.get(nameOf(baseUrl))) ?? null;
  }

  async set(baseUrl: string, key: string): Promise<void> {
    await this.#secrets.store(nameOf(baseUrl), key);
  }

  async delete(baseUrl: string): Promise<void> {
    await this.#secrets.delete(nameOf(baseUrl));
  }

  /** Also when another window changed a key: cached clients must go. */
  onDidChange(listener: () => void): vscode.Disposable {
    return this.#secrets.onDidChange(listener);
  }
}

function nameOf(baseUrl: string): string {
  return `key:${new URL(baseUrl).origin}`;
}
