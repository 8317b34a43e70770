// Tools, calls and their results, as other formats write them.
import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isRecord } from '../check/rules/rule.ts';
import { isNothing, parsedJson, type Reason } from './sourceRow.ts';

export interface MadeCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** Declarations for the key `tools`; null when there are none. Takes lists, and lists as text. */
export function toolsOf(value: unknown): Result<readonly unknown[] | null, Reason> {
  const given = typeof value === 'string' ? (value.trim() === '' ? null : parsedJson(value)) : value;
  if (isNothing(given) && given !== undefined) return ok(null);
  if (given === undefined && value === undefined) return ok(null);
  if (!Array.isArray(given)) return fail(t('The tools are not a list of declarations.'));
  const tools: unknown[] = [];
  for (const tool of given as readonly unknown[]) {
    if (!isRecord(tool)) return fail(t('The tools are not a list of declarations.'));
    const inside = tool['functionDeclarations'] ?? tool['function_declarations'];
    if (Array.isArray(inside)) tools.push(...inside.map((one: unknown) => declaration(lowerTypes(one))));
    else if (isRecord(tool['toolSpec'])) tools.push(ofBedrock(tool['toolSpec']));
    else tools.push(isRecord(tool['function']) ? { ...tool, type: 'function' } : declaration(tool));
  }
  return tools.some((tool) => tool === null) ? fail(t('The tools are not a list of declarations.')) : ok(tools);
}

function declaration(tool: unknown): unknown {
  if (!isRecord(tool) || typeof tool['name'] !== 'string') return null;
  const { name, description, parameters, input_schema: schema, ...rest } = tool;
  if (Object.keys(rest).some((key) => key !== 'strict' && key !== 'type')) return null;
  const made = {
    name,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined && schema === undefined ? {} : { parameters: parameters ?? schema }),
    ...('strict' in rest ? { strict: rest['strict'] } : {}),
  };
  return { type: 'function', function: made };
}

function ofBedrock(spec: Readonly<Record<string, unknown>>): unknown {
  const { inputSchema, ...rest } = spec;
  const schema = isRecord(inputSchema) ? (inputSchema['json'] ?? inputSchema) : undefined;
  return declaration(schema === undefined ? rest : { ...rest, parameters: schema });
}

/** Schemas of Gemini write types in capitals: `OBJECT`. */
function lowerTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerTypes);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inside]) => [
      key,
      key === 'type' && typeof inside === 'string' ? inside.toLowerCase() : lowerTypes(inside),
    ]),
  );
}

const CALL_KEYS: ReadonlySet<string> = new Set(['name', 'arguments', 'parameters', 'args', 'input', 'id', 'type']);

/** Calls of a turn, as an object, a list, or either as text; `first` is the number of the first id. */
export function callsOf(value: unknown, first: number): Result<readonly MadeCall[], Reason> {
  const given = typeof value === 'string' ? parsedJson(value) : value;
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const calls: MadeCall[] = [];
  for (const call of list) {
    const inside = isRecord(call) && isRecord(call['function']) ? call['function'] : call;
    const name = isRecord(inside) ? inside['name'] : undefined;
    if (!isRecord(inside) || typeof name !== 'string') return fail(t('A call names no function.'));
    const args = argumentsOf(inside['arguments'] ?? inside['parameters'] ?? inside['args'] ?? inside['input'] ?? {});
    if (args === null) return fail(t('The arguments of a call are not an object.'));
    if (Object.keys(inside).some((key) => !CALL_KEYS.has(key)))
      return fail(t('A call has keys that an example has no place for.'));
    const id = isRecord(call) && typeof call['id'] === 'string' && call['id'] !== '' ? call['id'] : null;
    calls.push({
      id: id ?? `call_${String(first + calls.length)}`,
      type: 'function',
      function: { name, arguments: args },
    });
  }
  return calls.length === 0 ? fail(t('A call names no function.')) : ok(calls);
}

function argumentsOf(value: unknown): string | null {
  if (typeof value === 'string') {
    if (value.trim() === '') return '{}';
    return isRecord(parsedJson(value)) ? value : null;
  }
  return isRecord(value) ? JSON.stringify(value) : null;
}

/** Text of one result for each of the open calls; null when they cannot be told apart. */
export function resultsOf(value: unknown, calls: number): readonly string[] | null {
  const text = (one: unknown): string => (typeof one === 'string' ? one : JSON.stringify(one ?? null));
  if (calls === 1) return [text(value)];
  const given = typeof value === 'string' ? parsedJson(value) : value;
  return calls > 1 && Array.isArray(given) && given.length === calls ? given.map(text) : null;
}

const TOOL_CALL = /<tool_call>\s*([^]*?)\s*<\/tool_call>/g;

/** Text and calls of an answer in the form of Hermes and Qwen; null when it has none. */
export function markedCalls(text: string): { readonly text: string; readonly calls: readonly unknown[] } | null {
  const calls = [...text.matchAll(TOOL_CALL)].map((match) => parsedJson(match[1] ?? ''));
  return calls.length === 0 ? null : { text: text.replace(TOOL_CALL, '').trim(), calls };
}

/** Results in the same form, without their marks. */
export function markedResults(text: string): readonly string[] | null {
  const results = [...text.matchAll(/<tool_response>\s*([^]*?)\s*<\/tool_response>/g)].map((match) => match[1] ?? '');
  return results.length === 0 ? null : results;
}
