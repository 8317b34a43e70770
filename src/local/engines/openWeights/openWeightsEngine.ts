import { readFileSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import {
  parseRegistry,
  registryFile,
  type OpenWeightsModel,
  type OpenWeightsRegistry,
} from '../../../openWeights/registry.ts';
import { ApiError } from '../../server/apiError.ts';
import type { MethodType, TrainingOrder, TrainingReport } from '../../training/trainingMessages.ts';
import { isLast } from '../../training/trainingMessages.ts';
import { startTrainingThread, type TrainingThread } from '../../training/trainingThread.ts';
import type { LoadedModel } from '../engine.ts';
import type { AdapterPlace, EngineHost, Recovery } from '../engineHost.ts';
import type { AdoptedAdapter } from '../adoptedAdapter.ts';
import { Adapters } from './adapterFolder.ts';
import { adoptAdapter } from './adoptAdapter.ts';
import { NOT_SET_UP, unknownBase } from './problems.ts';
import { ServedModel } from './servedModel.ts';
import { ServeProcess } from './serveProcess.ts';
import { CLUSTER_GRACE, GRACE, startTraining, type ClusterParts, type Grace } from './trainingProcess.ts';

const METHODS: readonly MethodType[] = ['supervised', 'dpo', 'reinforcement'];
const SERVE_IDLE_MS = 10 * 60_000;
const NOTHING: OpenWeightsRegistry = { python: null, models: [] };

interface OpenWeightsOptions {
  readonly grace?: Grace;
  readonly serveIdleMilliseconds?: number;
  /** Folder with `open-weights.json`; default: the server's. */
  readonly models?: string;
  /** Cluster that trains; default: this machine. */
  readonly cluster?: ClusterParts;
}

/** Engine of open-weights models: adapters are trained, and answer, in processes of the Python that `open-weights.json` names. */
export class OpenWeightsEngine implements EngineHost {
  readonly #models: string;
  readonly #cluster: ClusterParts | null;
  readonly #adapters: Adapters;
  readonly #serve: ServeProcess;
  readonly #grace: Grace;
  readonly #training = new Set<string>();
  #read: { readonly stamp: string; readonly registry: OpenWeightsRegistry } | null = null;

  /** @param folder folder of the server */
  constructor(folder: string, options: OpenWeightsOptions = {}) {
    this.#models = options.models ?? folder;
    this.#cluster = options.cluster ?? null;
    this.#adapters = new Adapters(folder);
    this.#grace = options.grace ?? (this.#cluster === null ? GRACE : CLUSTER_GRACE);
    this.#serve = new ServeProcess({
      python: () => this.#registry.python,
      idleMilliseconds: options.serveIdleMilliseconds ?? SERVE_IDLE_MS,
    });
  }

  get baseModels(): readonly string[] {
    return this.#registry.models.map(({ id }) => id);
  }

  methodsOf(): readonly MethodType[] {
    return METHODS;
  }

  takesAdvanced(): boolean {
    return true;
  }

  trainsElsewhere(): boolean {
    return this.#cluster !== null;
  }

  start(order: Omit<TrainingOrder, 'control'>, report: (message: TrainingReport) => void): TrainingThread {
    // Files are looked at before anything of the trainer is needed.
    if (order.task === 'check') return startTrainingThread({ ...order, task: 'check-method' }, report);
    const { python } = this.#registry;
    const base = this.#base(order.model);
    if (python === null || !base) return refused(python === null ? NOT_SET_UP : unknownBase(order.model), report);
    const { jobId } = order;
    this.#training.add(jobId);
    const parts = { python, base, adapters: this.#adapters, grace: this.#grace, cluster: this.#cluster };
    return startTraining(parts, order, (message) => {
      if (!isLast(message)) {
        report(message);
        return;
      }
      this.#training.delete(jobId);
      report(message);
      if (message.type !== 'paused') this.#adapters.tidy(jobId);
    });
  }

  load(base: string, bytes: Uint8Array): Promise<LoadedModel> {
    const document = this.#adapters.read(bytes);
    const adapter = document && this.#adapters.locate(document);
    if (!document || adapter === null) {
      const message = `The adapter of this model of ${base} is no longer on the disk. Delete the model and train it again.`;
      return Promise.reject(new ApiError(410, 'adapter_gone', message, 'model'));
    }
    const { source, revision, folder } = document;
    // A name of its own for each folder: a job may have been trained twice under one name.
    const name = `adapter-${shortHash(folder)}`;
    return Promise.resolve(new ServedModel(this.#serve, name, { base: source, revision, adapter }));
  }

  loadBase(base: string): LoadedModel | null {
    const model = this.#base(base);
    if (!model) return null;
    const { source, revision } = model;
    // Not its id, under which another model may be added later.
    const name = `base-${shortHash(JSON.stringify([source, revision]))}`;
    return new ServedModel(this.#serve, name, { base: source, revision, adapter: null });
  }

  recover(_base: string, jobId: string): Recovery {
    const state = this.#adapters.state(jobId);
    return state ? { state: state.bytes, step: state.document.step } : { state: null, step: 0 };
  }

  adapterOf(bytes: Uint8Array): AdapterPlace | null {
    const document = this.#adapters.read(bytes);
    const folder = document?.use === 'model' ? this.#adapters.locate(document) : null;
    if (!document || folder === null) return null;
    const { source, revision, step } = document;
    return { source, revision, step, folder };
  }

  async adopt(jobId: string, folder: string, signal: AbortSignal): Promise<AdoptedAdapter> {
    return await adoptAdapter(this.#adapters, this.#registry.models, { jobId, folder, signal });
  }

  get adopting(): readonly string[] {
    return this.#adapters.importing;
  }

  settle(jobId: string, isKept: boolean): void {
    this.#adapters.settleImport(jobId, isKept);
  }

  discard(bytes: Uint8Array): void {
    this.#adapters.discard(bytes);
  }

  forget(jobId: string): void {
    // While its process has not ended, its files are in use.
    if (!this.#training.has(jobId)) this.#adapters.tidy(jobId);
  }

  close(): Promise<void> {
    return this.#serve.close();
  }

  #base(id: string): OpenWeightsModel | undefined {
    return this.#registry.models.find((model) => model.id === id);
  }

  /** The list as it is now: it is written by the extension while the server runs. */
  get #registry(): OpenWeightsRegistry {
    const file = registryFile(this.#models);
    try {
      // An error would cost as much as the rest of a short answer.
      const facts = statSync(file, { throwIfNoEntry: false });
      if (facts === undefined) return NOTHING;
      const { mtimeMs, size, ino } = facts;
      const stamp = `${String(mtimeMs)} ${String(size)} ${String(ino)}`;
      if (this.#read?.stamp !== stamp) this.#read = { stamp, registry: parseRegistry(readFileSync(file, 'utf8')) };
      return this.#read.registry;
    } catch {
      return NOTHING;
    }
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

function refused(error: typeof NOT_SET_UP, report: (message: TrainingReport) => void): TrainingThread {
  let ended = false;
  const end = (message: TrainingReport): void => {
    if (!ended) report(message);
    ended = true;
  };
  setImmediate(() => {
    end({ type: 'refused', error });
  });
  return {
    stop() {
      setImmediate(() => {
        end({ type: 'stopped' });
      });
    },
    pause: () => undefined,
    kill() {
      ended = true;
      return Promise.resolve();
    },
  };
}
