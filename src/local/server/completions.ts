import { createHash, randomInt } from 'node:crypto';
import { ApiError } from './apiError.ts';
import { chatRequest, checkHonored, type ChatRequest } from './chatRequest.ts';
import type {
  AnswerToken,
  CompletionRequest,
  Honors,
  LoadedModel,
  RequestMessage,
  TokenCounts,
} from '../engines/engine.ts';
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
  const { model, print } = await modelOf(asked.model, { store, models, engines });
  checkHonored(asked, model.honors);
  const request = requestOf(asked, model.honors);
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

function requestOf(asked: ChatRequest, honors: Honors): CompletionRequest {
  const tools = honors.tools && asked.tool_choice !== 'none' ? (asked.tools ?? []) : [];
  return {
    messages: asked.messages.map(messageOf),
    temperature: asked.temperature ?? 1,
    topP: asked.top_p ?? 1,
    seed: asked.seed ?? randomInt(0, 2 ** 31),
    maxTokens: asked.max_completion_tokens ?? asked.max_tokens ?? null,
    stop: (typeof asked.stop === 'string' ? [asked.stop] : (asked.stop ?? [])).filter((stop) => stop !== ''),
    n: asked.n ?? 1,
    ...(tools.length === 0 ? {} : { tools: { list: tools, parallel: asked.parallel_tool_calls !== false } }),
    ...(asked.logprobs === true ? { topLogprobs: asked.top_logprobs ?? 0 } : {}),
  };
}

function messageOf(message: ChatRequest['messages'][number]): RequestMessage {
  const { role, content, name, tool_calls, tool_call_id, function_call } = message;
  return {
    role,
    content:
      typeof content === 'string' || content === null
        ? content
        : (content?.map(({ type, text }) => (text === undefined ? { type } : { type, text })) ?? null),
    ...(typeof name === 'string' ? { name } : {}),
    ...(tool_calls === undefined || tool_calls === null ? {} : { tool_calls }),
    ...(typeof tool_call_id === 'string' ? { tool_call_id } : {}),
    ...(function_call === undefined || function_call === null ? {} : { function_call }),
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
  const { completions, ...counts } = await model.complete(request, signal);
  return {
    ...frame,
    object: 'chat.completion',
    choices: completions.map(({ text, finishReason, toolCalls, logprobs }, index) => ({
      index,
      message: {
        role: 'assistant',
        content: text === '' && toolCalls ? null : text,
        ...(toolCalls ? { tool_calls: toolCalls } : {}),
        refusal: null,
        annotations: [],
      },
      logprobs: logprobsOf(logprobs),
      finish_reason: finishReason,
    })),
    usage: usageOf(counts),
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
  const choice = (index: number, delta: unknown, more: { logprobs?: unknown; finish_reason?: string } = {}): unknown =>
    chunk([{ index, delta, logprobs: null, finish_reason: null, ...more }]);
  const writing = model.write(request, signal);
  try {
    // Asked before the first chunk is sent: a refusal can then still be the whole answer.
    let next = await writing.next();
    for (let index = 0; index < request.n; index += 1)
      yield choice(index, { role: 'assistant', content: '', refusal: null });
    for (; next.done !== true; next = await writing.next()) {
      const { index } = next.value;
      if ('end' in next.value) {
        const { toolCalls, finishReason } = next.value.end;
        if (toolCalls) yield choice(index, { tool_calls: toolCalls.map((call, place) => ({ index: place, ...call })) });
        yield choice(index, {}, { finish_reason: finishReason });
      } else {
        yield choice(index, { content: next.value.text }, { logprobs: logprobsOf(next.value.logprobs) });
      }
    }
    if (withUsage) yield chunk([], usageOf(next.value));
  } finally {
    // Left in the middle: the model ends its work, too.
    await writing.return(UNFINISHED);
  }
}

/** Value that a writer is told to return when it is left; nothing reads it. */
const UNFINISHED: TokenCounts = { promptTokens: 0, completionTokens: 0 };

function logprobsOf(tokens: readonly AnswerToken[] | undefined): unknown {
  return tokens === undefined ? null : { content: tokens, refusal: null };
}

function usageOf({ promptTokens: prompt_tokens, completionTokens: completion_tokens }: TokenCounts): Usage {
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
