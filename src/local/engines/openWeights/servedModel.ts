import { createInterface } from 'node:readline';
import * as z from 'zod/mini';
import { ApiError } from '../../server/apiError.ts';
import type {
  AnswerCall,
  AnswerEnd,
  Answers,
  CompletionRequest,
  LoadedModel,
  TokenCounts,
  Written,
} from '../engine.ts';
import { deferred } from './deferred.ts';
import { crashed, failureSchema, readJson, type ServedSpec, type ServeProcess } from './serveProcess.ts';

const finish = z.enum(['stop', 'length', 'tool_calls']);
const usage = z.object({ prompt_tokens: z.int(), completion_tokens: z.int() });
const token = { token: z.string(), logprob: z.number(), bytes: z.nullable(z.array(z.int())) };
const logprobs = z.optional(
  z.nullable(z.object({ content: z.array(z.object({ ...token, top_logprobs: z.array(z.object(token)) })) })),
);
const call = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});
const calls = z.optional(z.array(call));
const answerSchema = z.object({
  choices: z.array(
    z.object({
      message: z.object({ content: z.nullable(z.string()), tool_calls: calls }),
      logprobs,
      finish_reason: finish,
    }),
  ),
  usage,
});
const chunkSchema = z.object({
  choices: z.array(
    z.object({
      index: z.int(),
      // The process tells all calls of an answer at once, each whole.
      delta: z.object({ content: z.optional(z.nullable(z.string())), tool_calls: calls }),
      logprobs,
      finish_reason: z.optional(z.nullable(finish)),
    }),
  ),
  usage: z.optional(z.nullable(usage)),
});

/** Model behind the serving process: requests are handed on. */
export class ServedModel implements LoadedModel {
  readonly honors = { tools: true, logprobs: true };
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
          completions: choices.map(({ message, logprobs: told, finish_reason }) => ({
            text: message.content ?? '',
            ...(told ? { logprobs: told.content } : {}),
            ...endOf(finish_reason, message.tool_calls),
          })),
          ...countsOf(used),
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

  async *write(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Written, TokenCounts, undefined> {
    const closed = this.#opened();
    const leaving = new AbortController();
    const either = AbortSignal.any([signal, leaving.signal]);
    try {
      const body = { ...bodyOf(request), stream: true, stream_options: { include_usage: true } };
      const { answer, done } = await this.#serve.ask(this.#name, this.#spec, body, either);
      try {
        const called = new Map<number, readonly AnswerCall[]>();
        let open = request.n;
        let counts: TokenCounts | null = null;
        for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
          const chunk = chunkOf(line);
          if (chunk === null) continue;
          for (const { index, delta, logprobs: told, finish_reason } of chunk.choices) {
            if (delta.tool_calls) called.set(index, delta.tool_calls);
            const text = delta.content ?? '';
            if (text !== '' || told) yield { index, text, ...(told ? { logprobs: told.content } : {}) };
            if (!finish_reason) continue;
            open -= 1;
            yield { index, end: endOf(finish_reason, called.get(index)) };
          }
          if (chunk.usage) counts = countsOf(chunk.usage);
        }
        either.throwIfAborted();
        if (open > 0 || counts === null) throw crashed();
        return counts;
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
  const { messages, temperature, topP, seed, maxTokens, stop, n, tools, topLogprobs } = request;
  return {
    messages,
    temperature,
    top_p: topP,
    seed,
    n,
    stop,
    ...(maxTokens === null ? {} : { max_tokens: maxTokens }),
    ...(tools === undefined ? {} : { tools: tools.list, parallel_tool_calls: tools.parallel }),
    ...(topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: topLogprobs }),
  };
}

function endOf(finishReason: AnswerEnd['finishReason'], toolCalls: readonly AnswerCall[] | undefined): AnswerEnd {
  return { finishReason, ...(toolCalls === undefined ? {} : { toolCalls }) };
}

function countsOf(used: z.infer<typeof usage>): TokenCounts {
  return { promptTokens: used.prompt_tokens, completionTokens: used.completion_tokens };
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
