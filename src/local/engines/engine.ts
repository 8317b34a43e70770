import type { ChatExample, ChatMessage } from '../../core/dataset/example.ts';

/** Hyperparameters of a job's request; `auto` is decided by the engine and reported before the first step. */
export interface RequestedHyperparameters {
  readonly nEpochs: number | 'auto';
  readonly batchSize: number | 'auto';
  readonly learningRateMultiplier: number | 'auto';
}

export interface ResolvedHyperparameters {
  readonly nEpochs: number;
  readonly batchSize: number;
  readonly learningRateMultiplier: number;
  /** Of preference and reinforcement training. */
  readonly beta?: number;
}

/**
 * Metrics of a step as any engine reports them: numbers by name. `examples_losses` has the loss of each validation example, in the order of
 * the file, null where none of its tokens counts; only beside `full_valid_loss`.
 */
export interface ReportedMetrics {
  readonly step: number;
  readonly total_steps: number;
  readonly train_loss?: number;
  readonly valid_loss?: number;
  readonly full_valid_loss?: number;
  readonly examples_losses?: readonly (number | null)[];
}

/** Losses are mean cross-entropies in nats per o200k token of the answers (end included); accuracies are shares, 0…1. */
export interface StepMetrics {
  readonly step: number;
  readonly total_steps: number;
  readonly train_loss: number;
  readonly train_mean_token_accuracy: number;
  readonly valid_loss?: number;
  readonly valid_mean_token_accuracy?: number;
  readonly full_valid_loss?: number;
  readonly full_valid_mean_token_accuracy?: number;
}

export interface Notice {
  readonly level: 'info' | 'warn';
  readonly message: string;
}

export interface TrainCallbacks {
  /** Called once, before the first step (again before the first step after a pause). */
  readonly started: (hyperparameters: ResolvedHyperparameters, totalSteps: number, stepsDone: number) => void;
  /** Called with a note for the user, e.g. that these answers will not be learned. */
  readonly notice: (notice: Notice) => void;
  /** Called after every step. */
  readonly metrics: (metrics: StepMetrics) => void;
  /** Called at the end of every epoch; the last one is the finished model. `model` is what {@link Engine.load} reads. */
  readonly checkpoint: (checkpoint: {
    readonly step: number;
    readonly metrics: StepMetrics;
    readonly model: Uint8Array;
  }) => void;
}

export interface TrainRequest {
  readonly examples: readonly ChatExample[];
  readonly validation: readonly ChatExample[];
  readonly hyperparameters: RequestedHyperparameters;
  /** Any integer; the same file, hyperparameters and seed give the same model, bit for bit. */
  readonly seed: number;
  /** Result of `save` of an interrupted training of the same request, which continues after its last step. */
  readonly resume: Uint8Array | null;
}

export type TrainResult =
  | { readonly finished: true }
  /** The signal stopped it after a step. `save`: its progress, for `resume`; null when there was no step yet. */
  | { readonly finished: false; readonly save: (() => Uint8Array) | null };

/** Message of a request. Tool calls are as they came: an engine that reads them checks them. */
export interface RequestMessage extends Pick<ChatMessage, 'role' | 'content'> {
  readonly name?: string;
  readonly tool_calls?: unknown;
  readonly tool_call_id?: string;
  readonly function_call?: unknown;
}

export interface CompletionRequest {
  /** A last message of role assistant is a prefix to be continued. */
  readonly messages: readonly RequestMessage[];
  /** 0: the point estimate (most probable word, median number); above 0: sampled. */
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** In tokens as the engine counts them; null: until the answer ends. */
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  /** Number of answers. */
  readonly n: number;
  /** Tools in the API's form, and whether several may be called; only for models that honor tools. */
  readonly tools?: { readonly list: readonly unknown[]; readonly parallel: boolean };
  /** Number of most probable tokens to tell for each place, 0 to 20; only for models that honor log-probabilities. */
  readonly topLogprobs?: number;
}

/** Token with the natural logarithm of its probability, in the API's form. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[] | null;
}

export interface AnswerToken extends TokenLogprob {
  readonly top_logprobs: readonly TokenLogprob[];
}

/** Call of a tool in the API's form; `arguments` is what the model wrote, mostly JSON. */
export interface AnswerCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface AnswerEnd {
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  /** Absent: none. */
  readonly toolCalls?: readonly AnswerCall[];
}

export interface Completion extends AnswerEnd {
  readonly text: string;
  /** Tokens of the answer; absent where they were not asked for. */
  readonly logprobs?: readonly AnswerToken[];
}

/** Tokens of the messages and of all answers as the engine counts them; the linear engine: o200k, with the four a message costs. */
export interface TokenCounts {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface Answers extends TokenCounts {
  /** As many as were asked for. */
  readonly completions: readonly Completion[];
}

/** Piece or end of the `index`-th answer. A piece has a text, or tokens whose text comes later, or both. */
export type Written =
  | { readonly index: number; readonly text: string; readonly logprobs?: readonly AnswerToken[] }
  | { readonly index: number; readonly end: AnswerEnd };

/** Parts of a request that only some models honor. */
export interface Honors {
  /** Reads tools and calls them. A model without this answers in words. */
  readonly tools: boolean;
  readonly logprobs: boolean;
}

/** A model that answers. Both calls reject with the reason of `signal` when that is aborted, and the work for them has then ended. */
export interface LoadedModel {
  readonly honors: Honors;
  complete(request: CompletionRequest, signal: AbortSignal): Promise<Answers>;
  /** Writes those answers in pieces, one after the other or mixed; the last of each is its end. Leaving the loop stops the work. */
  write(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Written, TokenCounts, undefined>;
  /** Gives back what it holds. Requests under way are finished first, and a later one makes it ready again. */
  dispose(): Promise<void>;
}

/**
 * Interface of a training engine to the server. Examples have been checked before. `signal` is read before every
 * step; any object with `aborted` will do, because a thread that trains cannot receive events.
 */
export interface Engine {
  /** The id of its base model, e.g. `local-linear-1`. */
  readonly baseModel: string;
  train(request: TrainRequest, callbacks: TrainCallbacks, signal: { readonly aborted: boolean }): TrainResult;
  /** Throws when the bytes are not a model of this engine. */
  load(bytes: Uint8Array): LoadedModel;
}
