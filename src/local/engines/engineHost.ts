import type { LoadedModel } from './engine.ts';
import type { TrainingOrder, TrainingReport } from '../training/trainingMessages.ts';
import type { TrainingThread } from '../training/trainingThread.ts';
import { startTrainingThread } from '../training/trainingThread.ts';

/** Interface of the engines to the server. Tests replace it by one that trains at once. */
export interface EngineHost {
  /** Ids of the models that can be tuned. */
  readonly baseModels: readonly string[];
  /** Begins an order beside the server's own thread; `report` is called with each of its messages. */
  start(order: Omit<TrainingOrder, 'control'>, report: (message: TrainingReport) => void): TrainingThread;
  /** Reads the bytes that a checkpoint of `base` wrote. Rejects when they are no such model. */
  load(base: string, bytes: Uint8Array): Promise<LoadedModel>;
}

/** The engines of this build. They are loaded on first use: a tokenizer takes a third of a second. */
export const builtInEngines: EngineHost = {
  baseModels: ['local-linear-1'],
  start: startTrainingThread,
  async load(base, bytes) {
    const { createEngines } = await import('./engines.ts');
    const engine = createEngines().find((item) => item.baseModel === base);
    if (!engine) throw new Error(`No engine for ${base}`);
    return engine.load(bytes);
  },
};
