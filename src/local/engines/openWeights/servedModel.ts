import { createInterface } from 'node:readline';
import * as z from 'zod/mini';
import { ApiError } from '../../server/apiError.ts';
import type { Answers, Completion, CompletionRequest, LoadedModel, WrittenAnswer } from '../engine.ts';
import { deferred } from './deferred.ts';
import { crashed, failureSchema, readJson, type ServedSpec, type ServeProcess } from './serveProcess.ts';

const finish = z.nullable(z.enum(['stop', 'length', 'tool_calls']));
const usage = z.object({ prompt_tokens: z.int(), completion_tokens: z.int() });
const answerSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.nullable(z.string()) }), finish_reason: finish })),
  usage,
});
const chunkSchema = z.object({
  choices: z.array(
    z.object({
      index: z.int(),
      delta: z.object({ content: z.optional(z.nullable(z.string())) }),
      finish_reason: z.optional(finish),
    }),
  ),
  usage: z.optional(z.nullable(usage)),
});

/** Model behind the serving process: requests are handed on. */
export class ServedModel implements LoadedModel {
  readonly #serve: ServeProcess;
  readonly #name: string;
  readonly #spec: ServedSpec;
  /** Requests under way, for whose end a disposal waits. */
  readonly #open = new Set<Promise<null>>();

  constructor(serve: ServeProcess, name: string, spec: ServedSpec) {
    this.#serve = serve;
    this.#name = name;
    this.#spec = spec;
  }

  async complete(request: CompletionRequest, signal: AbortSignal): Promise<Answers> {
    const closed = this.#opened();
    try {
      const { answer, done } = await this.#serve.ask(this.#name, this.#spec, bodyOf(request), signal);
      try {
        const whole = answerSchema.safeParse(await readJson(answer));
        if (!whole.success) throw new ApiError(502, 'trainer_protocol', 'The answer of the trainer cannot be read.');
        const { choices, usage: used } = whole.data;
        return {
          completions: choices.map(({ message, finish_reason }) => ({
            text: message.content ?? '',
            finishReason: reasonOf(finish_reason),
            // Only their sum is told.
            tokens: Math.round(used.completion_tokens / choices.length),
          })),
          promptTokens: used.prompt_tokens,
        };
      } finally {
        done();
      }
    } catch (error) {
      throw told(error, signal);
    } finally {
      closed();
    }
  }

  async *write(
    request: CompletionRequest,
    index: number,
    signal: AbortSignal,
  ): AsyncGenerator<string, WrittenAnswer, undefined> {
    const closed = this.#opened();
    const leaving = new AbortController();
    const either = AbortSignal.any([signal, leaving.signal]);
    try {
      // The answers before it are drawn, too: which one it is follows from its place.
      const body = { ...bodyOf({ ...request, n: index + 1 }), stream: true, stream_options: { include_usage: true } };
      const { answer, done } = await this.#serve.ask(this.#name, this.#spec, body, either);
      try {
        let text = '';
        let tokens = 0;
        let promptTokens = 0;
        let finishReason: Completion['finishReason'] | null = null;
        for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
          const chunk = chunkOf(line);
          if (chunk === null) continue;
          for (const choice of chunk.choices) {
            if (choice.index !== index) continue;
            if (choice.finish_reason) finishReason = reasonOf(choice.finish_reason);
            const piece = choice.delta.content ?? '';
            if (piece === '') continue;
            text += piece;
            yield piece;
          }
          if (chunk.usage) {
            promptTokens = chunk.usage.prompt_tokens;
            tokens = Math.round(chunk.usage.completion_tokens / (index + 1));
          }
        }
        either.throwIfAborted();
        if (finishReason === null) throw crashed();
        return { text, finishReason, tokens, promptTokens };
      } finally {
        // Closing the connection is how the process is told that nobody waits for the rest.
        leaving.abort();
        done();
      }
    } catch (error) {
      throw told(error, signal);
    } finally {
      closed();
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#open);
    await this.#serve.forget(this.#name);
  }

  #opened(): () => void {
    const { promise, resolve } = deferred<null>();
    this.#open.add(promise);
    return () => {
      this.#open.delete(promise);
      resolve(null);
    };
  }
}

function bodyOf(request: CompletionRequest): Readonly<Record<string, unknown>> {
  const { messages, temperature, topP, seed, maxTokens, stop, n } = request;
  return {
    messages,
    temperature,
    top_p: topP,
    seed,
    n,
    stop,
    ...(maxTokens === null ? {} : { max_tokens: maxTokens }),
  };
}

function reasonOf(reason: 'stop' | 'length' | 'tool_calls' | null): Completion['finishReason'] {
  return reason === 'length' ? 'length' : 'stop';
}

/** Null for an empty line and for the last one. Throws what the process reports in the middle of an answer. */
function chunkOf(line: string): z.infer<typeof chunkSchema> | null {
  const data = /^data: (.*)$/u.exec(line)?.[1];
  if (data === undefined || data === '[DONE]') return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw crashed();
  }
  const failure = failureSchema.safeParse(value);
  if (failure.success) throw new ApiError(503, failure.data.error.code ?? null, failure.data.error.message);
  const chunk = chunkSchema.safeParse(value);
  if (!chunk.success) throw new ApiError(502, 'trainer_protocol', 'The answer of the trainer cannot be read.');
  return chunk.data;
}

/** A connection that breaks means that the process has ended. */
function told(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return error instanceof ApiError ? error : crashed();
}
