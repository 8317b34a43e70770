import { randomInt } from 'node:crypto';
import * as z from 'zod/mini';
import type { ChatMessage } from '../../core/dataset/example.ts';
import { ROLES } from '../../core/dataset/example.ts';
import { ApiError, invalid } from '../apiError.ts';
import type { Reply, Request } from '../http.ts';
import { readJson } from '../http.ts';
import { newId, nowSeconds } from '../ids.ts';
import type { Context } from './context.ts';
import { modelNotFound } from './models.ts';

const part = z.object({ type: z.string(), text: z.optional(z.string()) });
const messageSchema = z.object({
  role: z.enum(ROLES),
  content: z.optional(z.nullable(z.union([z.string(), z.array(part)]))),
});

const chatSchema = z.object({
  model: z.string(),
  messages: z.array(messageSchema).check(z.minLength(1)),
  temperature: z.optional(z.nullable(z.number().check(z.minimum(0), z.maximum(2)))),
  top_p: z.optional(z.nullable(z.number().check(z.minimum(0), z.maximum(1)))),
  seed: z.optional(z.nullable(z.int())),
  max_tokens: z.optional(z.nullable(z.int().check(z.minimum(1)))),
  max_completion_tokens: z.optional(z.nullable(z.int().check(z.minimum(1)))),
  stop: z.optional(z.nullable(z.union([z.string(), z.array(z.string()).check(z.maxLength(4))]))),
  n: z.optional(z.nullable(z.int().check(z.minimum(1), z.maximum(128)))),
  stream: z.optional(z.nullable(z.boolean())),
  logprobs: z.optional(z.nullable(z.boolean())),
});

/** POST /chat/completions */
export async function chat(request: Request, context: Context): Promise<Reply | null> {
  if (request.segments[1] !== 'completions' || request.segments.length > 2 || request.method !== 'POST') return null;
  const parsed = chatSchema.safeParse(await readJson(request.raw));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue?.path.map(String).join('.') ?? '';
    throw invalid(`Invalid value for '${param}': ${issue?.message ?? 'not understood'}.`, param === '' ? null : param);
  }
  const asked = parsed.data;
  if (asked.stream === true)
    throw invalid(
      'Streaming is not supported by the local server: send the request without stream.',
      'stream',
      'unsupported_parameter',
    );
  if (asked.logprobs === true)
    throw invalid('Log-probabilities are not supported by the local server.', 'logprobs', 'unsupported_parameter');
  if (context.engines.baseModels.includes(asked.model)) {
    throw new ApiError(
      400,
      'model_not_trained',
      `The base model ${asked.model} knows nothing until it is fine-tuned.`,
      'model',
    );
  }
  const record = context.store.models.get(asked.model);
  if (!record) throw modelNotFound(asked.model);

  const model = await context.models.get(record);
  const messages: ChatMessage[] = asked.messages.map(({ role, content }) => ({
    role,
    content:
      typeof content === 'string' || content === null
        ? content
        : (content?.map(({ type, text }) => (text === undefined ? { type } : { type, text })) ?? null),
  }));
  const completions = model.complete({
    messages,
    temperature: asked.temperature ?? 1,
    topP: asked.top_p ?? 1,
    seed: asked.seed ?? randomInt(0, 2 ** 31),
    maxTokens: asked.max_completion_tokens ?? asked.max_tokens ?? null,
    stop: (typeof asked.stop === 'string' ? [asked.stop] : (asked.stop ?? [])).filter((stop) => stop !== ''),
    n: asked.n ?? 1,
  });
  const promptTokens = model.countPromptTokens(messages);
  const completionTokens = completions.reduce((sum, completion) => sum + completion.tokens, 0);
  return {
    json: {
      id: newId('chatcmpl-'),
      object: 'chat.completion',
      created: nowSeconds(),
      model: record.id,
      choices: completions.map((completion, index) => ({
        index,
        message: { role: 'assistant', content: completion.text, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: completion.finishReason,
      })),
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      service_tier: 'default',
      system_fingerprint: `fp_${record.blob.slice(0, 10)}`,
    },
  };
}
