// Every property of a fine-tuning example in the published API document, and the rule that looks at it. A property that is new in the
// document fails the test until it is decided here. TUNING_FORK_OPENAPI names the document; unset, the tests show as skipped.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkExample } from '../../../../src/core/dataset/check/parseExample.ts';
import { RULES, type RuleCode } from '../../../../src/core/dataset/check/ruleTable.ts';

type Json = Readonly<Record<string, unknown>>;

const FILE = process.env['TUNING_FORK_OPENAPI'] ?? '';

/** Schemas of whole rows. Versions of the document without one of them have the schemas of messages and tools alone. */
const ROWS = ['FineTuneChatRequestInput', 'FineTunePreferenceRequestInput', 'FineTuneReinforcementRequestInput'];
/** What rows are made of in every version. */
const PARTS = [
  'FineTuneChatCompletionRequestAssistantMessage',
  'ChatCompletionRequestMessage',
  'ChatCompletionTool',
  'ChatCompletionFunctions',
  'ParallelToolCalls',
];

interface Decision {
  /** Codes of rules that look at the property. */
  readonly rules?: readonly RuleCode[];
  /** Reason why no rule needs to. */
  readonly none?: string;
}

const rules = (...codes: RuleCode[]): Decision => ({ rules: codes });
const none = (reason: string): Decision => ({ none: reason });

const TEXT = rules('content-type', 'special-token', 'secret', 'email-address');
const UNSUPPORTED = rules('content-part');
const CACHE = none('steers the price of requests; what it holds is compared as JSON');
const ROLE = rules('unknown-role', 'consecutive-roles', 'last-not-assistant');
const NAME = rules('message-name', 'special-token');

/** The decisions, by schema and path; `[]` stands for the items of a list. */
const DECISIONS: Readonly<Record<string, Decision>> = {
  'FineTuneChatRequestInput.messages': rules('no-messages', 'message-not-object'),
  'FineTuneChatRequestInput.tools': rules('tool-schema'),
  'FineTuneChatRequestInput.parallel_tool_calls': rules('tool-schema'),
  'FineTuneChatRequestInput.functions': rules('tool-schema', 'special-token'),
  'FineTunePreferenceRequestInput.input': rules('preference-shape'),
  'FineTunePreferenceRequestInput.input.messages': rules('preference-shape', 'message-not-object'),
  'FineTunePreferenceRequestInput.input.tools': rules('tool-schema', 'special-token'),
  'FineTunePreferenceRequestInput.input.parallel_tool_calls': rules('tool-schema'),
  'FineTunePreferenceRequestInput.preferred_output': rules('preference-shape', 'message-not-object'),
  'FineTunePreferenceRequestInput.non_preferred_output': rules('preference-shape', 'message-not-object'),
  'FineTuneReinforcementRequestInput.messages': rules('reinforcement-shape', 'message-not-object'),
  'FineTuneReinforcementRequestInput.tools': rules('tool-schema', 'special-token'),
  'FineTuneChatCompletionRequestAssistantMessage.weight': rules(
    'weight-value',
    'weight-not-assistant',
    'weight-nothing',
  ),
  'ChatCompletionRequestDeveloperMessage.content': TEXT,
  'ChatCompletionRequestDeveloperMessage.role': ROLE,
  'ChatCompletionRequestDeveloperMessage.name': NAME,
  'ChatCompletionRequestSystemMessage.content': TEXT,
  'ChatCompletionRequestSystemMessage.role': ROLE,
  'ChatCompletionRequestSystemMessage.name': NAME,
  'ChatCompletionRequestUserMessage.content': TEXT,
  'ChatCompletionRequestUserMessage.role': ROLE,
  'ChatCompletionRequestUserMessage.name': NAME,
  'ChatCompletionRequestAssistantMessage.content': rules('content-type', 'empty-answer', 'special-token'),
  'ChatCompletionRequestAssistantMessage.refusal': rules('special-token'),
  'ChatCompletionRequestAssistantMessage.role': ROLE,
  'ChatCompletionRequestAssistantMessage.name': NAME,
  'ChatCompletionRequestAssistantMessage.audio': none(
    'names an earlier answer of an audio model, none of which can be fine-tuned',
  ),
  'ChatCompletionRequestAssistantMessage.audio.id': none('as for audio'),
  'ChatCompletionRequestAssistantMessage.tool_calls': rules('tool-call-shape', 'tool-call-unanswered'),
  'ChatCompletionRequestAssistantMessage.function_call': rules('tool-call-shape'),
  'ChatCompletionRequestAssistantMessage.function_call.arguments': rules(
    'arguments-not-string',
    'arguments-not-json',
    'arguments-not-object',
    'arguments-double-encoded',
    'special-token',
  ),
  'ChatCompletionRequestAssistantMessage.function_call.name': rules('tool-call-shape', 'tool-not-declared'),
  'ChatCompletionRequestToolMessage.role': ROLE,
  'ChatCompletionRequestToolMessage.content': TEXT,
  'ChatCompletionRequestToolMessage.tool_call_id': rules('tool-message-without-call'),
  'ChatCompletionRequestFunctionMessage.role': ROLE,
  'ChatCompletionRequestFunctionMessage.content': TEXT,
  'ChatCompletionRequestFunctionMessage.name': rules('tool-message-without-call', 'message-name'),
  'ChatCompletionMessageToolCall.id': rules('tool-call-shape'),
  'ChatCompletionMessageToolCall.type': rules('tool-call-shape'),
  'ChatCompletionMessageToolCall.function': rules('tool-call-shape'),
  'ChatCompletionMessageToolCall.function.name': rules('tool-call-shape', 'tool-not-declared'),
  'ChatCompletionMessageToolCall.function.arguments': rules(
    'arguments-not-string',
    'arguments-not-json',
    'arguments-not-object',
    'arguments-double-encoded',
    'special-token',
  ),
  'ChatCompletionMessageCustomToolCall.id': rules('tool-call-shape'),
  'ChatCompletionMessageCustomToolCall.type': rules('tool-call-shape'),
  'ChatCompletionMessageCustomToolCall.custom': rules('tool-call-shape'),
  'ChatCompletionMessageCustomToolCall.custom.name': rules('tool-call-shape'),
  'ChatCompletionMessageCustomToolCall.custom.input': rules('tool-call-shape'),
  'ChatCompletionRequestMessageContentPartText.type': rules('content-type', 'content-part'),
  'ChatCompletionRequestMessageContentPartText.text': TEXT,
  'ChatCompletionRequestMessageContentPartText.prompt_cache_breakpoint': CACHE,
  'ChatCompletionRequestMessageContentPartRefusal.type': rules('content-part'),
  'ChatCompletionRequestMessageContentPartRefusal.refusal': rules('content-type', 'special-token'),
  'ChatCompletionRequestMessageContentPartImage.type': rules('content-part', 'image-role'),
  'ChatCompletionRequestMessageContentPartImage.image_url': rules('image-url', 'image-count'),
  'ChatCompletionRequestMessageContentPartImage.image_url.url': rules('image-url', 'image-too-large'),
  'ChatCompletionRequestMessageContentPartImage.image_url.detail': rules('image-url'),
  'ChatCompletionRequestMessageContentPartImage.prompt_cache_breakpoint': CACHE,
  'ChatCompletionRequestMessageContentPartAudio.type': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartAudio.input_audio': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartAudio.input_audio.data': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartAudio.input_audio.format': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartAudio.prompt_cache_breakpoint': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartFile.type': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartFile.file': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartFile.file.filename': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartFile.file.file_data': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartFile.file.file_id': UNSUPPORTED,
  'ChatCompletionRequestMessageContentPartFile.prompt_cache_breakpoint': UNSUPPORTED,
  'PromptCacheBreakpointParam.mode': CACHE,
  'ChatCompletionTool.type': rules('tool-schema'),
  'ChatCompletionTool.function': rules('tool-schema'),
  'ChatCompletionFunctions.description': rules('tool-schema', 'special-token'),
  'ChatCompletionFunctions.name': rules('tool-schema', 'tool-not-declared', 'special-token'),
  'ChatCompletionFunctions.parameters': rules('tool-schema', 'special-token'),
  'FunctionObject.description': rules('tool-schema', 'special-token'),
  'FunctionObject.name': rules('tool-schema', 'tool-not-declared', 'special-token'),
  'FunctionObject.parameters': rules('tool-schema', 'special-token'),
  'FunctionObject.strict': rules('tool-schema'),
};

/** Properties of the schemas and of all that they reference, as `Schema.path`. */
function propertiesOf(document: Json): {
  readonly properties: ReadonlySet<string>;
  readonly schemas: ReadonlySet<string>;
} {
  const schemas = (document['components'] as Json)['schemas'] as Json;
  const properties = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...ROWS, ...PARTS].filter((name) => name in schemas);
  const visit = (schema: unknown, place: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    if (Array.isArray(schema)) {
      for (const one of schema) visit(one, place);
      return;
    }
    const { $ref: ref, properties: own, items, anyOf, oneOf, allOf } = schema as Json;
    if (typeof ref === 'string') waiting.push(ref.split('/').at(-1) ?? '');
    if (typeof own === 'object' && own !== null)
      for (const [name, property] of Object.entries(own)) {
        properties.add(`${place}.${name}`);
        visit(property, `${place}.${name}`);
      }
    for (const inner of [items, anyOf, oneOf, allOf]) visit(inner, place);
  };
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (seen.has(name)) continue;
    seen.add(name);
    visit(schemas[name], name);
  }
  return { properties, schemas: seen };
}

describe.skipIf(FILE === '')('the published schemas of fine-tuning examples (TUNING_FORK_OPENAPI)', () => {
  const document = (): Json => parse(readFileSync(FILE, 'utf8'), { maxAliasCount: -1 }) as Json;
  const read = FILE === '' ? null : propertiesOf(document());

  it('have no property that is not decided here', () => {
    const decided = new Set(Object.keys(DECISIONS));
    expect([...(read?.properties ?? [])].filter((property) => !decided.has(property))).toEqual([]);
    expect(read?.properties.size).toBeGreaterThan(60);
  });

  it('have every property that is decided here, apart from schemas that this version lacks', () => {
    const gone = Object.keys(DECISIONS).filter((property) => {
      const [schema = ''] = property.split('.');
      return read?.properties.has(property) === false && !(ROWS.includes(schema) && !read.schemas.has(schema));
    });
    expect(gone).toEqual([]);
  });
});

describe('a decision about a property', () => {
  it('names rules that exist, or a reason', () => {
    for (const [property, { rules: codes, none: reason }] of Object.entries(DECISIONS)) {
      expect(codes !== undefined || (reason ?? '') !== '', property).toBe(true);
      for (const code of codes ?? []) expect(Object.hasOwn(RULES, code), `${property}: ${code}`).toBe(true);
    }
  });

  const user = { role: 'user', content: 'q' };
  const answer = { role: 'assistant', content: 'a' };
  const wrong = 7;
  const tool = (more: object): object => ({ type: 'function', function: { name: 'f', ...more } });
  const call = (more: object): object => ({
    id: 'c',
    type: 'function',
    function: { name: 'f', arguments: '{}' },
    ...more,
  });
  const part = (more: object): object => ({ messages: [{ role: 'user', content: [more] }, answer] });
  const said = (more: object): object => ({ messages: [user, { ...answer, ...more }] });
  const declared = (more: object): object => ({ messages: [user, answer], ...more });
  /** One row for each property that takes a value of a wrong type. */
  const WRONG: Readonly<Record<string, object>> = {
    'FineTuneChatRequestInput.messages': { messages: wrong },
    'FineTuneChatRequestInput.tools': declared({ tools: wrong }),
    'FineTuneChatRequestInput.parallel_tool_calls': declared({ parallel_tool_calls: wrong }),
    'FineTuneChatRequestInput.functions': declared({ functions: wrong }),
    'FineTuneChatCompletionRequestAssistantMessage.weight': said({ weight: wrong }),
    'ChatCompletionRequestUserMessage.content': { messages: [{ role: 'user', content: wrong }, answer] },
    'ChatCompletionRequestUserMessage.role': { messages: [{ role: wrong, content: 'q' }, answer] },
    'ChatCompletionRequestUserMessage.name': { messages: [{ ...user, name: wrong }, answer] },
    'ChatCompletionRequestAssistantMessage.content': said({ content: wrong }),
    'ChatCompletionRequestAssistantMessage.tool_calls': said({ tool_calls: wrong }),
    'ChatCompletionRequestAssistantMessage.function_call': said({ function_call: wrong }),
    'ChatCompletionRequestAssistantMessage.function_call.name': said({
      function_call: { name: wrong, arguments: '{}' },
    }),
    'ChatCompletionRequestAssistantMessage.function_call.arguments': said({
      function_call: { name: 'f', arguments: wrong },
    }),
    'ChatCompletionRequestToolMessage.tool_call_id': {
      messages: [user, { role: 'tool', tool_call_id: wrong, content: '' }, answer],
    },
    'ChatCompletionRequestFunctionMessage.name': {
      messages: [user, { role: 'function', name: wrong, content: '' }, answer],
    },
    'ChatCompletionMessageToolCall.id': said({ tool_calls: [call({ id: wrong })] }),
    'ChatCompletionMessageToolCall.type': said({ tool_calls: [call({ type: wrong })] }),
    'ChatCompletionMessageToolCall.function': said({ tool_calls: [call({ function: wrong })] }),
    'ChatCompletionMessageToolCall.function.name': said({
      tool_calls: [call({ function: { name: wrong, arguments: '{}' } })],
    }),
    'ChatCompletionMessageToolCall.function.arguments': said({
      tool_calls: [call({ function: { name: 'f', arguments: wrong } })],
    }),
    'ChatCompletionMessageCustomToolCall.type': said({
      tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'f', input: '' } }],
    }),
    'ChatCompletionRequestMessageContentPartText.type': part({ type: wrong, text: 'q' }),
    'ChatCompletionRequestMessageContentPartText.text': part({ type: 'text', text: wrong }),
    'ChatCompletionRequestMessageContentPartRefusal.refusal': said({ content: [{ type: 'refusal', refusal: wrong }] }),
    'ChatCompletionRequestMessageContentPartImage.image_url': part({ type: 'image_url', image_url: wrong }),
    'ChatCompletionRequestMessageContentPartImage.image_url.url': part({
      type: 'image_url',
      image_url: { url: wrong },
    }),
    'ChatCompletionRequestMessageContentPartImage.image_url.detail': part({
      type: 'image_url',
      image_url: { url: 'https://a.example/b.png', detail: wrong },
    }),
    'ChatCompletionRequestMessageContentPartAudio.type': part({ type: 'input_audio', input_audio: {} }),
    'ChatCompletionRequestMessageContentPartFile.type': part({ type: 'file', file: {} }),
    'ChatCompletionTool.type': declared({ tools: [{ ...tool({}), type: wrong }] }),
    'ChatCompletionTool.function': declared({ tools: [{ type: 'function', function: wrong }] }),
    'FunctionObject.name': declared({ tools: [tool({ name: wrong })] }),
    'FunctionObject.description': declared({ tools: [tool({ description: wrong })] }),
    'FunctionObject.parameters': declared({ tools: [tool({ parameters: wrong })] }),
    'FunctionObject.strict': declared({ tools: [tool({ strict: wrong })] }),
    'ChatCompletionFunctions.name': declared({ functions: [{ name: wrong }] }),
    'ChatCompletionFunctions.description': declared({ functions: [{ name: 'f', description: wrong }] }),
    'ChatCompletionFunctions.parameters': declared({ functions: [{ name: 'f', parameters: wrong }] }),
    'FineTunePreferenceRequestInput.input.messages': {
      input: { messages: wrong },
      preferred_output: [answer],
      non_preferred_output: [{ ...answer, content: 'b' }],
    },
    'FineTunePreferenceRequestInput.input.tools': {
      input: { messages: [user], tools: wrong },
      preferred_output: [answer],
      non_preferred_output: [{ ...answer, content: 'b' }],
    },
    'FineTunePreferenceRequestInput.input.parallel_tool_calls': {
      input: { messages: [user], parallel_tool_calls: wrong },
      preferred_output: [answer],
      non_preferred_output: [{ ...answer, content: 'b' }],
    },
    'FineTunePreferenceRequestInput.preferred_output': {
      input: { messages: [user] },
      preferred_output: wrong,
      non_preferred_output: [answer],
    },
    'FineTunePreferenceRequestInput.non_preferred_output': {
      input: { messages: [user] },
      preferred_output: [answer],
      non_preferred_output: wrong,
    },
    'FineTuneReinforcementRequestInput.tools': { messages: [user], reference: 'r', tools: wrong },
  };

  it.each(Object.entries(WRONG))('holds for %s', (property, row) => {
    const line = JSON.stringify(row);
    const codes = checkExample(line, 1).findings.map(({ code }) => code);
    const expected = DECISIONS[property]?.rules ?? [];
    expect(
      codes.some((code) => expected.some((rule) => rule === code)),
      codes.join(),
    ).toBe(true);
  });
});
