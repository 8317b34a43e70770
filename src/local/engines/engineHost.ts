import type { AdoptedAdapter } from './adoptedAdapter.ts';
import type { LoadedModel } from './engine.ts';
import type { MethodType, TrainingOrder, TrainingReport } from '../training/trainingMessages.ts';
import type { TrainingThread } from '../training/trainingThread.ts';

/** Where a job goes on that was interrupted by the end of the server. `state` null: at its beginning. */
export interface Recovery {
  readonly state: Uint8Array | null;
  readonly step: number;
}

/** Adapter of a fine-tuned model on the disk, and the base that it belongs to. */
export interface AdapterPlace {
  /** Id at the hub, absolute path of a folder or of a GGUF file. */
  readonly source: string;
  /** Commit at the hub; null for folders and files. */
  readonly revision: string | null;
  /** Absolute path. */
  readonly folder: string;
  readonly step: number;
}

/** Interface of the engines to the server. Tests replace it by one that trains at once. */
export interface EngineHost {
  /** Ids of the models that can be tuned, at this moment. */
  readonly baseModels: readonly string[];
  /** Methods by which a base model can be tuned. */
  methodsOf(base: string): readonly MethodType[];
  /** Tells whether a base model takes the settings of the open-weights trainer. */
  takesAdvanced(base: string): boolean;
  /** Tells whether trainings of a base model take nothing of this machine, since a cluster has them. */
  trainsElsewhere(base: string): boolean;
  /** Begins an order beside the server's own thread; `report` is called with each of its messages. */
  start(order: Omit<TrainingOrder, 'control'>, report: (message: TrainingReport) => void): TrainingThread;
  /** Reads the bytes that a checkpoint of `base` wrote. Rejects when they are no such model. */
  load(base: string, bytes: Uint8Array): Promise<LoadedModel>;
  /** The untuned base model; null when it knows nothing. */
  loadBase(base: string): LoadedModel | null;
  /** How a job goes on that was running when the server ended; null: it cannot. */
  recover(base: string, jobId: string): Recovery | null;
  /** Where the adapter of a model lies; null for models that are none, and where it is gone. */
  adapterOf(bytes: Uint8Array): AdapterPlace | null;
  /**
   * Checks and copies an adapter that was trained elsewhere. Rejects with an ApiError where it cannot be used here, and with the reason of
   * `signal`; nothing is left of it then.
   */
  adopt(jobId: string, folder: string, signal: AbortSignal): Promise<AdoptedAdapter>;
  /** Jobs whose adapters were being imported when the server ended, until they are `settled`. */
  readonly adopting: readonly string[];
  /** Ends the import of a job's adapter: with its model, or without, and then nothing of it is left. */
  settle(jobId: string, isKept: boolean): void;
  /** Removes what an engine kept beside these bytes of a deleted model. */
  discard(bytes: Uint8Array): void;
  /** Removes what an engine kept to go on with a job that has ended. */
  forget(jobId: string): void;
  /** Ends everything that answers; what trains is ended by its own handle. */
  close(): Promise<void>;
}
