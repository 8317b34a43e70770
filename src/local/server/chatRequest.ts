import * as z from 'zod/mini';
import { ROLES } from '../../core/dataset/example.ts';
import type { Honors } from '../engines/engine.ts';
import { invalid } from './apiError.ts';
import { parsed } from './http.ts';
import { metadataSchema } from './metadata.ts';

const anything = z.optional(z.unknown());
const flag = z.optional(z.nullable(z.boolean()));
const text = z.optional(z.nullable(z.string()));
const penalty = z.optional(z.nullable(z.number().check(z.minimum(-2), z.maximum(2))));

const part = z.looseObject({ type: z.string(), text: z.optional(z.string()) });
const messageSchema = z.strictObject({
  role: z.enum(ROLES),
  content: z.optional(z.nullable(z.union([z.string(), z.array(part)]))),
  name: text,
  refusal: text,
  audio: anything,
  tool_calls: anything,
  tool_call_id: text,
  function_call: anything,
});

/** Every parameter of the published description; the real API refuses others too. */
const chatSchema = z.strictObject({
  model: z.string(),
  messages: z.array(messageSchema).check(z.minLength(1)),
  temperature: z.optional(z.nullable(z.number().check(z.minimum(0), z.maximum(2)))),
  top_p: z.optional(z.nullable(z.number().check(z.minimum(0), z.maximum(1)))),
  seed: z.optional(z.nullable(z.int())),
  max_tokens: z.optional(z.nullable(z.int().check(z.minimum(1)))),
  max_completion_tokens: z.optional(z.nullable(z.int().check(z.minimum(1)))),
  stop: z.optional(z.nullable(z.union([z.string(), z.array(z.string()).check(z.maxLength(4))]))),
  n: z.optional(z.nullable(z.int().check(z.minimum(1), z.maximum(128)))),
  stream: flag,
  stream_options: z.optional(z.nullable(z.strictObject({ include_usage: flag, include_obfuscation: flag }))),
  logprobs: flag,
  top_logprobs: z.optional(z.nullable(z.int().check(z.minimum(0), z.maximum(20)))),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  logit_bias: z.optional(z.nullable(z.record(z.string(), z.number()))),
  response_format: z.optional(z.nullable(z.looseObject({ type: z.string() }))),
  modalities: z.optional(z.nullable(z.array(z.string()))),
  tools: z.optional(z.nullable(z.array(z.unknown()))),
  tool_choice: anything,
  functions: z.optional(z.nullable(z.array(z.unknown()))),
  function_call: anything,
  parallel_tool_calls: flag,
  reasoning_effort: text,
  verbosity: text,
  audio: anything,
  web_search_options: anything,
  moderation: anything,
  store: flag,
  // Notes for the provider and hints that change no answer.
  metadata: metadataSchema,
  user: text,
  safety_identifier: text,
  prompt_cache_key: text,
  prompt_cache_retention: anything,
  prompt_cache_options: anything,
  prediction: anything,
  service_tier: text,
});

export type ChatRequest = z.infer<typeof chatSchema>;

/** Reads a chat request; refuses, by its name, a parameter that is unknown or that no model of this server honors. */
export function chatRequest(body: unknown): ChatRequest {
  const asked = parsed(chatSchema, body);
  refuse(asked, HONORED, 'the local server');
  if (asked.stream_options && asked.stream !== true)
    throw invalid('stream_options is only for requests with stream.', 'stream_options');
  return asked;
}

/** Refuses, by its name, a parameter that this model could only ignore. */
export function checkHonored(asked: ChatRequest, honors: Honors): void {
  if (!honors.logprobs) refuse(asked, WITHOUT_LOGPROBS, `the model ${asked.model}`);
  if (honors.tools) refuse(asked, WITH_TOOLS, `the model ${asked.model}`);
  if ((asked.top_logprobs ?? 0) > 0 && asked.logprobs !== true)
    throw invalid('top_logprobs is only for requests with logprobs.', 'top_logprobs');
}

type Rules = Partial<Record<keyof ChatRequest, (value: unknown) => boolean>>;

function refuse(asked: ChatRequest, rules: Rules, by: string): void {
  for (const [param, isHonored] of Object.entries(rules)) {
    const value = asked[param as keyof ChatRequest];
    if (value === undefined || value === null || isHonored(value)) continue;
    throw invalid(
      `'${param}' of ${JSON.stringify(value).slice(0, 100)} is not supported by ${by}.`,
      param,
      'unsupported_parameter',
    );
  }
}

const never = (): boolean => false;
const isFalse = (value: unknown): boolean => value === false;
const isZero = (value: unknown): boolean => value === 0;
const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

/** Values with the effect that they have at a provider, whatever the model. */
const HONORED: Rules = {
  frequency_penalty: isZero,
  presence_penalty: isZero,
  logit_bias: (value: unknown) => Object.keys(value as object).length === 0,
  response_format: (value: unknown) => (value as { readonly type: string }).type === 'text',
  modalities: (value: unknown) => (value as readonly string[]).every((modality) => modality === 'text'),
  // With `auto` a model may answer in words.
  tool_choice: isOneOf('auto', 'none'),
  function_call: isOneOf('auto', 'none'),
  reasoning_effort: isOneOf('none'),
  verbosity: isOneOf('medium'),
  audio: never,
  web_search_options: never,
  moderation: never,
  store: isFalse,
  service_tier: isOneOf('auto', 'default'),
};

const WITHOUT_LOGPROBS: Rules = { logprobs: isFalse, top_logprobs: isZero };

/** The legacy form of tools is no text of theirs; a model without tools answers in words either way. */
const WITH_TOOLS: Rules = { functions: (value) => (value as readonly unknown[]).length === 0 };
