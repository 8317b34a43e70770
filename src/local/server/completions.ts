import { createHash, randomInt } from 'node:crypto';
import type { ChatMessage } from '../../core/dataset/example.ts';
import { ApiError } from './apiError.ts';
import { chatRequest } from './chatRequest.ts';
import type { Completion, CompletionRequest, LoadedModel, WrittenAnswer } from '../engines/engine.ts';
import type { EngineHost } from '../engines/engineHost.ts';
import { newId } from './ids.ts';
import type { LoadedModels } from './loadedModels.ts';
import type { Store } from './store.ts';

export interface ChatParts {
  readonly store: Store;
  readonly models: LoadedModels;
  readonly engines: EngineHost;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** A chat request that can be answered: checked, its model loaded. */
export interface PreparedChat {
  readonly stream: boolean;
  /** The answer as one object. */
  complete(): Promise<Record<string, unknown> & { readonly usage: Usage }>;
  /** The answer in pieces as they are written; leaving the loop stops the writing. */
  chunks(): AsyncGenerator;
}

/**
 * Throws the API's error for a body that is no request or names no model that can answer.
 * @param signal aborted when nobody waits for the answer any more: the work for it then ends
 */
export async function prepareChat(
  body: unknown,
  { store, models, engines }: ChatParts,
  signal: AbortSignal,
): Promise<PreparedChat> {
  const asked = chatRequest(body);
  const messages: ChatMessage[] = asked.messages.map(({ role, content }) => ({
    role,
    content:
      typeof content === 'string' || content === null
        ? content
        : (content?.map(({ type, text }) => (text === undefined ? { type } : { type, text })) ?? null),
  }));
  const request: CompletionRequest = {
    messages,
    temperature: asked.temperature ?? 1,
    topP: asked.top_p ?? 1,
    seed: asked.seed ?? randomInt(0, 2 ** 31),
    maxTokens: asked.max_completion_tokens ?? asked.max_tokens ?? null,
    stop: (typeof asked.stop === 'string' ? [asked.stop] : (asked.stop ?? [])).filter((stop) => stop !== ''),
    n: asked.n ?? 1,
  };
  const { model, print } = await modelOf(asked.model, { store, models, engines });
  const frame = {
    id: newId('chatcmpl-'),
    created: store.nowSeconds(),
    model: asked.model,
    service_tier: 'default',
    system_fingerprint: `fp_${print}`,
  };
  return {
    stream: asked.stream === true,
    complete: () => completion(model, request, frame, signal),
    chunks: () => chunks(model, request, frame, { withUsage: asked.stream_options?.include_usage === true, signal }),
  };
}

export function modelNotFound(id: string): ApiError {
  return new ApiError(404, 'model_not_found', `The model '${id}' does not exist on this server.`, 'model');
}

/** The model of an id, and ten letters that tell it from any other. */
async function modelOf(
  id: string,
  { store, models, engines }: ChatParts,
): Promise<{ readonly model: LoadedModel; readonly print: string }> {
  if (engines.baseModels.includes(id)) {
    const model = engines.loadBase(id);
    if (model) return { model, print: createHash('sha256').update(id).digest('hex').slice(0, 10) };
    throw new ApiError(400, 'model_not_trained', `The base model ${id} knows nothing until it is fine-tuned.`, 'model');
  }
  const record = store.models.get(id);
  if (!record) throw modelNotFound(id);
  return { model: await models.get(record), print: record.blob.slice(0, 10) };
}

type Frame = Readonly<Record<string, unknown>>;

async function completion(
  model: LoadedModel,
  request: CompletionRequest,
  frame: Frame,
  signal: AbortSignal,
): Promise<Record<string, unknown> & { usage: Usage }> {
  const { completions, promptTokens } = await model.complete(request, signal);
  return {
    ...frame,
    object: 'chat.completion',
    choices: completions.map(({ text, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage: usageOf(promptTokens, completions),
  };
}

async function* chunks(
  model: LoadedModel,
  request: CompletionRequest,
  frame: Frame,
  { withUsage, signal }: { readonly withUsage: boolean; readonly signal: AbortSignal },
): AsyncGenerator {
  const chunk = (choices: readonly unknown[], usage: Usage | null = null): unknown => ({
    ...frame,
    object: 'chat.completion.chunk',
    choices,
    // Said in every chunk or in none.
    ...(withUsage ? { usage } : {}),
  });
  const choice = (index: number, delta: unknown, finish_reason: string | null = null): unknown[] => [
    { index, delta, logprobs: null, finish_reason },
  ];
  const completions: WrittenAnswer[] = [];
  for (let index = 0; index < request.n; index += 1) {
    yield chunk(choice(index, { role: 'assistant', content: '', refusal: null }));
    const writing = model.write(request, index, signal);
    try {
      for (;;) {
        const next = await writing.next();
        if (next.done === true) {
          completions.push(next.value);
          yield chunk(choice(index, {}, next.value.finishReason));
          break;
        }
        yield chunk(choice(index, { content: next.value }));
      }
    } finally {
      // Left in the middle: the model ends its work, too.
      await writing.return(UNFINISHED);
    }
  }
  if (withUsage) yield chunk([], usageOf(completions[0]?.promptTokens ?? 0, completions));
}

/** What a writer is told to return that is not needed any more; nobody reads it. */
const UNFINISHED: WrittenAnswer = { text: '', finishReason: 'stop', tokens: 0, promptTokens: 0 };

function usageOf(prompt_tokens: number, completions: readonly Completion[]): Usage {
  const completion_tokens = completions.reduce((sum, { tokens }) => sum + tokens, 0);
  const details = {
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, ...details };
}
