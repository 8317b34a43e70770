import { LOCAL_BASE_MODEL } from '../../core/provider/localModel.ts';
import { startTrainingThread } from '../training/trainingThread.ts';
import type { EngineHost } from './engineHost.ts';
import { OpenWeightsEngine } from './openWeights/openWeightsEngine.ts';

/** The linear engine, in threads. Its code is loaded on first use: a tokenizer takes a third of a second. */
const linear: EngineHost = {
  baseModels: [LOCAL_BASE_MODEL],
  methodsOf: () => ['supervised'],
  takesAdvanced: () => false,
  trainsElsewhere: () => false,
  start: startTrainingThread,
  async load(base, bytes) {
    const { createEngines } = await import('./engines.ts');
    const engine = createEngines().find((item) => item.baseModel === base);
    if (!engine) throw new Error(`No engine for ${base}`);
    return engine.load(bytes);
  },
  loadBase: () => null,
  recover: () => null,
  adapterOf: () => null,
  adopt: (jobId) => Promise.reject(new Error(`${jobId} has no adapter`)),
  adopting: [],
  settle: () => undefined,
  discard: () => undefined,
  forget: () => undefined,
  close: () => Promise.resolve(),
};

/**
 * The engines of this build.
 * @param folder the server's folder, which has the list of the open-weights models and their adapters
 */
export function builtInEngines(folder: string, openWeights: EngineHost = new OpenWeightsEngine(folder)): EngineHost {
  const of = (base: string): EngineHost => (linear.baseModels.includes(base) ? linear : openWeights);
  return {
    get baseModels() {
      return [...linear.baseModels, ...openWeights.baseModels.filter((base) => of(base) !== linear)];
    },
    methodsOf: (base) => of(base).methodsOf(base),
    takesAdvanced: (base) => of(base).takesAdvanced(base),
    trainsElsewhere: (base) => of(base).trainsElsewhere(base),
    start: (order, report) => of(order.model).start(order, report),
    load: (base, bytes) => of(base).load(base, bytes),
    loadBase: (base) => of(base).loadBase(base),
    recover: (base, jobId) => of(base).recover(base, jobId),
    adapterOf: (bytes) => openWeights.adapterOf(bytes),
    adopt: (jobId, folder, signal) => openWeights.adopt(jobId, folder, signal),
    get adopting() {
      return openWeights.adopting;
    },
    settle(jobId, isKept) {
      openWeights.settle(jobId, isKept);
    },
    discard(bytes) {
      openWeights.discard(bytes);
    },
    forget(jobId) {
      openWeights.forget(jobId);
    },
    close: () => openWeights.close(),
  };
}
