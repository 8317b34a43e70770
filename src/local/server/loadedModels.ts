import type { LoadedModel } from '../engines/engine.ts';
import type { EngineHost } from '../engines/engineHost.ts';
import type { ModelRecord } from './records.ts';
import type { Store } from './store.ts';

/** A model of 60,000 features and a hundred classes is 24 MB: a few are kept ready. */
const KEPT = 4;

/** Models in memory, the least recently asked one leaving first. */
export class LoadedModels {
  readonly #store: Store;
  readonly #engines: EngineHost;
  readonly #loaded = new Map<string, Promise<LoadedModel>>();

  constructor(store: Store, engines: EngineHost) {
    this.#store = store;
    this.#engines = engines;
  }

  get(record: ModelRecord): Promise<LoadedModel> {
    const model = this.#loaded.get(record.blob) ?? this.#load(record);
    this.#loaded.delete(record.blob);
    this.#loaded.set(record.blob, model);
    for (const key of this.#loaded.keys()) {
      if (this.#loaded.size <= KEPT) break;
      void this.#drop(key);
    }
    // A failure is not remembered.
    model.catch(() => this.#loaded.delete(record.blob));
    return model;
  }

  /** Gives back what the models hold. */
  async close(): Promise<void> {
    await Promise.all([...this.#loaded.keys()].map((key) => this.#drop(key)));
  }

  async #drop(key: string): Promise<void> {
    const model = this.#loaded.get(key);
    this.#loaded.delete(key);
    // One that could not be loaded holds nothing, and its failure was told to who asked for it.
    const loaded = await model?.catch(() => null);
    await loaded?.dispose();
  }

  async #load(record: ModelRecord): Promise<LoadedModel> {
    return this.#engines.load(record.base, await this.#store.blob(record.blob));
  }
}
