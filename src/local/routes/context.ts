import type { EngineHost } from '../engineHost.ts';
import type { LoadedModels } from '../loadedModels.ts';
import type { JobRunner } from '../jobRunner.ts';
import type { Store } from '../store.ts';

/** What routes work with. */
export interface Context {
  readonly store: Store;
  readonly runner: JobRunner;
  readonly models: LoadedModels;
  readonly engines: EngineHost;
}
