import type * as vscode from 'vscode';
import { originOf } from '../../core/provider/addresses.ts';
import type { Connection } from '../../core/provider/connection.ts';

/** Connection that owns a key: its id, and the address whose origin receives the key. */
export type KeyOwner = Pick<Connection, 'id' | 'baseUrl'>;

export type Secrets = Pick<vscode.SecretStorage, 'get' | 'store' | 'delete' | 'onDidChange'>;

/** Value for "this connection needs no key": no key contains a space. */
const NO_KEY = ' ';

/**
 * Keys, bound to a connection and to the origin they were entered for: a secret's name *is* the two. Two accounts at one provider have
 * their own keys, and a connection whose address changes to another origin has no key until the user enters one.
 *
 * Earlier versions kept one key for all connections of an origin. A single connection there takes it over on first use. Several
 * connections continue to read with it until each has its own (`isShared`, `set`): the account of the key is unknown here.
 */
export class KeyStore {
  readonly #secrets: Secrets;
  readonly #connections: () => Promise<readonly KeyOwner[]>;
  #last: Promise<unknown> = Promise.resolve();

  /** @param connections lists the current connections, to find those that share an origin */
  constructor(secrets: Secrets, connections: () => Promise<readonly KeyOwner[]>) {
    this.#secrets = secrets;
    this.#connections = connections;
  }

  /** Key for requests of this connection; null when it has none. */
  async get(owner: KeyOwner): Promise<string | null> {
    const origin = originOf(owner.baseUrl);
    if (origin === null) return null;
    const own = await this.#own(origin, owner.id);
    if (own !== null) return readable(own);
    const shared = await this.settle(owner.baseUrl);
    // The key may have been taken over a moment ago, also by another window.
    const taken = await this.#own(origin, owner.id);
    return taken === null ? shared : readable(taken);
  }

  /** Tells whether the connection uses a key that several connections of its origin used: ask before spending money. */
  async isShared(owner: KeyOwner): Promise<boolean> {
    return (await this.get(owner)) !== null && !(await this.isBound(owner));
  }

  /** Tells whether a key, or "none", was entered for this very connection at this origin. */
  async isBound({ id, baseUrl }: KeyOwner): Promise<boolean> {
    const origin = originOf(baseUrl);
    return origin !== null && (await this.#own(origin, id)) !== null;
  }

  /** @param key empty: the connection needs none */
  async set({ id, baseUrl }: KeyOwner, key: string): Promise<void> {
    const origin = originOf(baseUrl);
    if (origin === null) throw new Error('A key needs an address that it belongs to.');
    await this.#alone(async () => {
      await this.#secrets.store(ownName(origin, id), key === '' ? NO_KEY : key);
      await this.#tidy(origin);
    });
  }

  /** Deletes the key of this connection only. */
  async delete({ id, baseUrl }: KeyOwner): Promise<void> {
    const origin = originOf(baseUrl);
    if (origin === null) return;
    await this.#alone(async () => {
      await this.#secrets.delete(ownName(origin, id));
      // Also when it was the last connection there.
      await this.#tidy(origin, 0);
    });
  }

  /**
   * Gives an earlier version's key of the origin to the only connection there, or records that several used it. Called before the
   * connections of an origin change, since afterwards the owner would be unknown.
   * @returns the key, while several share it
   */
  async settle(baseUrl: string): Promise<string | null> {
    const origin = originOf(baseUrl);
    if (origin === null) return null;
    return this.#alone(async () => {
      const shared = await this.#secrets.get(sharedName(origin));
      if (shared === undefined) return null;
      const here = await this.#at(origin);
      const [first] = here;
      // The list lags behind or could not be read: it decides nothing.
      if (!first) return shared;
      if (here.length > 1) await this.#secrets.store(severalName(origin), 'yes');
      else if ((await this.#secrets.get(severalName(origin))) === undefined) {
        if ((await this.#own(origin, first.id)) === null) await this.#secrets.store(ownName(origin, first.id), shared);
      }
      return (await this.#tidy(origin)) ? null : shared;
    });
  }

  /** Reports the id of a connection whose key changed, also in another window: its client must be dropped. */
  onDidChange(listener: (connectionId: string) => void): vscode.Disposable {
    return this.#secrets.onDidChange(({ key }) => {
      const id = /^key:[^#]+#(.+)$/.exec(key)?.[1];
      if (id !== undefined) listener(id);
    });
  }

  async #own(origin: string, id: string): Promise<string | null> {
    return (await this.#secrets.get(ownName(origin, id))) ?? null;
  }

  async #at(origin: string): Promise<readonly KeyOwner[]> {
    return (await this.#connections()).filter(({ baseUrl }) => originOf(baseUrl) === origin);
  }

  /** Removes the key of an earlier version when every connection there has its own. */
  async #tidy(origin: string, least = 1): Promise<boolean> {
    if ((await this.#secrets.get(sharedName(origin))) === undefined) return false;
    const here = await this.#at(origin);
    // A list that could not be read is empty.
    if (here.length < least) return false;
    for (const { id } of here) if ((await this.#own(origin, id)) === null) return false;
    await this.#secrets.delete(sharedName(origin));
    await this.#secrets.delete(severalName(origin));
    return true;
  }

  /** Runs steps one after the other in this window; steps are safe to repeat in another window. */
  async #alone<T>(step: () => Promise<T>): Promise<T> {
    const task = this.#last.then(step);
    this.#last = task.catch(() => undefined);
    return task;
  }
}

function readable(own: string): string | null {
  return own === NO_KEY ? null : own;
}

function ownName(origin: string, id: string): string {
  return `key:${origin}#${id}`;
}

/** Name of an earlier version's key. */
function sharedName(origin: string): string {
  return `key:${origin}`;
}

/** Name of the mark beside it that several connections have used it. */
function severalName(origin: string): string {
  return `several:${origin}`;
}
