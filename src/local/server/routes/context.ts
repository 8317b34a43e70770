import type { Batches } from '../batches.ts';
import type { EngineHost } from '../../engines/engineHost.ts';
import type { LoadedModels } from '../loadedModels.ts';
import type { JobRunner } from '../../training/jobRunner.ts';
import type { Store } from '../store.ts';
import type { Uploads } from '../uploads.ts';

/** Services of the routes. */
export interface Context {
  readonly store: Store;
  readonly runner: JobRunner;
  readonly uploads: Uploads;
  readonly batches: Batches;
  readonly models: LoadedModels;
  readonly engines: EngineHost;
}
