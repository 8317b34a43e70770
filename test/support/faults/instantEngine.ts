import type { CompletionRequest, TokenCounts } from '../../../src/local/engines/engine.ts';
import type { EngineHost } from '../../../src/local/engines/engineHost.ts';
import type { TrainingReport } from '../../../src/local/training/trainingMessages.ts';

const STEPS = 4;

export interface InstantEngine extends EngineHost {
  /** The answer of every model. */
  reply: (request: CompletionRequest) => string;
  /** Words of streamed answers written so far. */
  written: number;
  /** Whether it trains as a cluster does, which takes nothing of this machine. */
  isElsewhere: boolean;
}

function counts(request: CompletionRequest): TokenCounts {
  return { promptTokens: request.messages.length * 4, completionTokens: request.n };
}

/**
 * An engine that learns nothing. `instant`: a job has its four steps and two checkpoints within a few milliseconds;
 * `endless`: it stays at step 1 (one more after each pause) until it is stopped. Any file that was uploaded will do.
 */
export function createInstantEngine(kind: 'instant' | 'endless', baseModels: readonly string[]): InstantEngine {
  const host: InstantEngine = {
    baseModels,
    methodsOf: () => ['supervised'],
    takesAdvanced: () => false,
    trainsElsewhere: () => host.isElsewhere,
    loadBase: () => null,
    recover: () => null,
    adapterOf: () => null,
    adopt: (jobId) => Promise.reject(new Error(`${jobId} has no adapter`)),
    adopting: [],
    settle: () => undefined,
    discard: () => undefined,
    forget: () => undefined,
    close: () => Promise.resolve(),
    reply: () => '42',
    written: 0,
    isElsewhere: false,
    start(order, report) {
      let ended = false;
      let done = 0;
      const say = (message: TrainingReport): void => {
        if (!ended) report(message);
      };
      const end = (message: TrainingReport): void => {
        say(message);
        ended = true;
      };
      const step = (number: number): void => {
        const metrics = {
          step: number,
          total_steps: STEPS,
          train_loss: 2 / number,
          train_mean_token_accuracy: 1 - 1 / (number + 1),
        };
        say({ type: 'metrics', metrics });
        if (number % 2 === 0) say({ type: 'checkpoint', step: number, metrics, model: Buffer.from('instant') });
      };
      // A thread never answers before it has been started.
      setImmediate(() => {
        if (order.task === 'check') {
          end({ type: 'checked' });
          return;
        }
        const { nEpochs, batchSize, learningRateMultiplier } = order.hyperparameters;
        const given = (value: number | 'auto'): number => (value === 'auto' ? 1 : value);
        done = order.resume?.[0] ?? 0;
        say({
          type: 'started',
          hyperparameters: {
            nEpochs: given(nEpochs),
            batchSize: given(batchSize),
            learningRateMultiplier: given(learningRateMultiplier),
          },
          totalSteps: STEPS,
          stepsDone: done,
        });
        do step(++done);
        while (kind === 'instant' && done < STEPS);
        if (done >= STEPS) end({ type: 'finished', trainedTokens: 1000, early: null });
      });
      return {
        stop: () => {
          setImmediate(() => {
            end({ type: 'stopped' });
          });
        },
        pause: () => {
          setImmediate(() => {
            end({ type: 'paused', state: Uint8Array.of(done) });
          });
        },
        kill: () => {
          ended = true;
          return Promise.resolve();
        },
      };
    },
    load: () =>
      Promise.resolve({
        honors: { tools: false, logprobs: false },
        complete: (request) =>
          Promise.resolve({
            completions: Array.from({ length: request.n }, () => ({
              text: host.reply(request),
              finishReason: 'stop' as const,
            })),
            ...counts(request),
          }),
        async *write(request, signal) {
          for (let index = 0; index < request.n; index += 1) {
            for (const word of host.reply(request).match(/\s*\S+/gu) ?? []) {
              await new Promise((resolve) => setImmediate(resolve));
              signal.throwIfAborted();
              host.written += 1;
              yield { index, text: word };
            }
            yield { index, end: { finishReason: 'stop' } };
          }
          return counts(request);
        },
        dispose: () => Promise.resolve(),
      }),
  };
  return host;
}
