import { t } from '../../../base/messages.ts';
import type { JsonPath } from '../../../jsonl/locate.ts';
import { NAME } from './messageShape.ts';
import { clip, describe, isRecord, type Rule, type RuleFinding } from './rule.ts';

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
const MAX_DEPTH = 20;

/** Most tools of an example. */
const MAX_TOOLS = 128;

type Add = (message: string, action: string, path: JsonPath) => void;

/** Tools are declared as providers check them: names, a schema of an object, known types, `required` that exists. */
export const toolSchemas: Rule = ({ value }) => {
  const findings: RuleFinding[] = [];
  const add: Add = (message, action, path) => {
    findings.push({ code: 'tool-schema', message, action, path });
  };
  if (value['parallel_tool_calls'] !== undefined && typeof value['parallel_tool_calls'] !== 'boolean')
    add(t('"parallel_tool_calls" is neither true nor false.'), t('Write true or false without quotes.'), [
      'parallel_tool_calls',
    ]);
  const { tools, functions } = value;
  const names = new Set<string>();
  if (Array.isArray(tools)) {
    notTooMany('tools', tools.length, add);
    tools.forEach((tool: unknown, index) => {
      checkTool(tool, index, names, add);
    });
  } else if (tools !== undefined) {
    add(
      t('"tools" is {0} where a list is needed.', describe(tools)),
      t('Write it as [{"type": "function", "function": {"name": …, "parameters": {…}}}].'),
      ['tools'],
    );
  }
  if (Array.isArray(functions)) {
    notTooMany('functions', functions.length, add);
    functions.forEach((one: unknown, index) => {
      const path: JsonPath = ['functions', index];
      if (isRecord(one)) checkFunction(one, index, path, names, add);
      else
        add(
          t('Function {0} is {1} where an object is needed.', index + 1, describe(one)),
          t('Write it as {"name": …, "parameters": {…}}.'),
          path,
        );
    });
  } else if (functions !== undefined && functions !== null) {
    add(
      t('"functions" is {0} where a list is needed.', describe(functions)),
      t('Write it as [{"name": …, "parameters": {…}}].'),
      ['functions'],
    );
  }
  return findings;
};

function notTooMany(key: string, count: number, add: Add): void {
  if (count > MAX_TOOLS)
    add(
      t('The example declares {0} tools; providers accept {1} at most.', count, MAX_TOOLS),
      t('Declare only the tools that the example needs.'),
      [key, MAX_TOOLS],
    );
}

function checkTool(tool: unknown, index: number, names: Set<string>, add: Add): void {
  const path: JsonPath = ['tools', index];
  if (!isRecord(tool) || !isRecord(tool['function'])) {
    add(
      t('Tool {0} has no function.', index + 1),
      t('Write it as {"type": "function", "function": {"name": …, "parameters": {…}}}.'),
      path,
    );
    return;
  }
  if (tool['type'] !== 'function')
    add(
      tool['type'] === undefined
        ? t('Tool {0} has no type.', index + 1)
        : t('Tool {0} has the type {1} where "function" is needed.', index + 1, describe(tool['type'])),
      t('Write "function" as the type.'),
      [...path, 'type'],
    );
  checkFunction(tool['function'], index, [...path, 'function'], names, add);
}

/** Checks a declared function, of a tool or in the legacy list. */
function checkFunction(
  declared: Readonly<Record<string, unknown>>,
  index: number,
  path: JsonPath,
  names: Set<string>,
  add: Add,
): void {
  const { name, description, parameters, strict } = declared;
  if (typeof name !== 'string' || !NAME.test(name)) {
    add(
      name === undefined
        ? t('Tool {0} has no name.', index + 1)
        : t('Tool {0} has the name {1}, which is not 1 to 64 letters, digits, _ and -.', index + 1, describe(name)),
      t('Give it a name of letters, digits, _ and -.'),
      [...path, 'name'],
    );
  } else if (names.has(name)) {
    add(t('The tool "{0}" is declared twice.', name), t('Remove one of them.'), [...path, 'name']);
  } else names.add(name);
  if (description !== undefined && description !== null && typeof description !== 'string')
    add(
      t('The description of tool {0} is {1} where text is needed.', index + 1, describe(description)),
      t('Write it as text in double quotes.'),
      [...path, 'description'],
    );
  if (strict !== undefined && strict !== null && typeof strict !== 'boolean')
    add(
      t('"strict" of tool {0} is {1}, which is neither true nor false.', index + 1, describe(strict)),
      t('Write true or false without quotes.'),
      [...path, 'strict'],
    );
  if (parameters === undefined) return;
  const at: JsonPath = [...path, 'parameters'];
  if (!isRecord(parameters) || parameters['type'] !== 'object') {
    add(
      t('The parameters of tool {0} are not a schema of an object.', index + 1),
      t('Write them as {"type": "object", "properties": {…}}.'),
      at,
    );
    return;
  }
  // In nested objects they may be missing: OpenAI itself has published such a training set.
  if (parameters['properties'] === undefined)
    add(
      t('The parameters of tool {0} are an object without "properties".', index + 1),
      t('Add "properties", which may be {}.'),
      at,
    );
  checkSchema(parameters, at, 0, add);
}

/** Keywords whose value is one schema, a list of schemas, or an object of schemas. */
const SUBSCHEMAS = ['items', 'additionalProperties', 'not', 'anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;
const NAMED_SUBSCHEMAS = ['$defs', 'definitions', 'patternProperties'] as const;
/** Keywords that may declare the properties which `required` names elsewhere. */
const ELSEWHERE = ['$ref', 'anyOf', 'oneOf', 'allOf'] as const;

/** `branch`: the schema is one of `anyOf` and the like, and completes the one around it. */
function checkSchema(
  schema: Readonly<Record<string, unknown>>,
  path: JsonPath,
  depth: number,
  add: Add,
  branch = false,
): void {
  if (depth > MAX_DEPTH) return;
  const { type, properties, required } = schema;
  const types: readonly unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const wrong = types.find((one) => !TYPES.has(one));
  if (wrong !== undefined)
    add(
      t('A parameter has the type {0}, which JSON Schema does not know.', describe(wrong)),
      t('Use string, number, integer, boolean, object, array or null.'),
      [...path, 'type'],
    );
  if (properties !== undefined && !isRecord(properties)) {
    add(
      t('"properties" is {0} where an object is needed.', describe(properties)),
      t('Write one schema per property.'),
      [...path, 'properties'],
    );
    return;
  }
  const complete = !branch && ELSEWHERE.every((key) => schema[key] === undefined);
  if (required !== undefined) checkRequired(required, properties, complete, [...path, 'required'], add);
  if (types.includes('array') && schema['items'] === undefined && schema['prefixItems'] === undefined && complete)
    add(t('A parameter is an array but has no "items".'), t('Add "items" with the schema of one item.'), path);
  for (const key of SUBSCHEMAS) {
    const value = schema[key];
    const isBranch = key !== 'items' && key !== 'prefixItems' && key !== 'additionalProperties';
    if (isRecord(value)) checkSchema(value, [...path, key], depth + 1, add, isBranch);
    else if (Array.isArray(value))
      value.forEach((item: unknown, index) => {
        if (isRecord(item)) checkSchema(item, [...path, key, index], depth + 1, add, isBranch);
      });
  }
  for (const key of NAMED_SUBSCHEMAS) checkNamed(schema[key], [...path, key], depth, add);
  checkNamed(properties, [...path, 'properties'], depth, add);
}

function checkRequired(
  required: unknown,
  properties: Readonly<Record<string, unknown>> | undefined,
  complete: boolean,
  path: JsonPath,
  add: Add,
): void {
  const names: readonly unknown[] | null = Array.isArray(required) ? required : null;
  const unnamed = names === null || names.some((name) => typeof name !== 'string');
  if (unnamed) {
    add(
      t('"required" is not a list of names of properties.'),
      t('Declare it in "properties", or remove it from "required".'),
      path,
    );
    return;
  }
  const missing = names.find((name) => properties === undefined || !Object.hasOwn(properties, name as string));
  if (missing !== undefined && complete)
    add(
      t('The parameter "{0}" is required but not among the properties.', clip(missing as string)),
      t('Declare it in "properties", or remove it from "required".'),
      path,
    );
}

/** Schemas by their names: properties, definitions. */
function checkNamed(schemas: unknown, path: JsonPath, depth: number, add: Add): void {
  if (!isRecord(schemas)) return;
  for (const [name, schema] of Object.entries(schemas)) {
    if (isRecord(schema)) checkSchema(schema, [...path, name], depth + 1, add);
    else if (typeof schema !== 'boolean')
      add(
        t('The schema of "{0}" is {1} where an object is needed.', clip(name), describe(schema)),
        t('Write it as {"type": …, "description": …}.'),
        [...path, name],
      );
  }
}
