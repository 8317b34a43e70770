import { t } from '../../../base/messages.ts';
import type { JsonPath } from '../../../jsonl/locate.ts';
import { clip, describe, isRecord, type Rule, type RuleFinding } from './rule.ts';

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
const MAX_DEPTH = 20;

/** Tools are declared as providers check them: names, a schema of an object, known types, `required` that exists. */
export const toolSchemas: Rule = ({ value }) => {
  const findings: RuleFinding[] = [];
  const add = (message: string, action: string, path: JsonPath): void => {
    findings.push({ code: 'tool-schema', message, action, path });
  };
  if (value['parallel_tool_calls'] !== undefined && typeof value['parallel_tool_calls'] !== 'boolean')
    add(t('"parallel_tool_calls" is neither true nor false.'), t('Write true or false without quotes.'), [
      'parallel_tool_calls',
    ]);
  const { tools } = value;
  if (tools === undefined) return findings;
  if (!Array.isArray(tools)) {
    add(
      t('"tools" is {0} where a list is needed.', describe(tools)),
      t('Write it as [{"type": "function", "function": {"name": …, "parameters": {…}}}].'),
      ['tools'],
    );
    return findings;
  }
  const names = new Set<string>();
  tools.forEach((tool: unknown, index) => {
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
    const { name, parameters } = tool['function'];
    if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
      add(
        name === undefined
          ? t('Tool {0} has no name.', index + 1)
          : t('Tool {0} has the name {1}, which is not 1 to 64 letters, digits, _ and -.', index + 1, describe(name)),
        t('Give it a name of letters, digits, _ and -.'),
        [...path, 'function', 'name'],
      );
    } else if (names.has(name)) {
      add(t('The tool "{0}" is declared twice.', name), t('Remove one of them.'), [...path, 'function', 'name']);
    } else names.add(name);
    if (parameters === undefined) return;
    const at: JsonPath = [...path, 'function', 'parameters'];
    if (!isRecord(parameters) || parameters['type'] !== 'object') {
      add(
        t('The parameters of tool {0} are not a schema of an object.', index + 1),
        t('Write them as {"type": "object", "properties": {…}}.'),
        at,
      );
      return;
    }
    checkSchema(parameters, at, 0, add);
  });
  return findings;
};

function checkSchema(
  schema: Readonly<Record<string, unknown>>,
  path: JsonPath,
  depth: number,
  add: (message: string, action: string, path: JsonPath) => void,
): void {
  if (depth > MAX_DEPTH) return;
  const { type, properties, required, items } = schema;
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
  if (required !== undefined) {
    const missing = Array.isArray(required)
      ? (required as readonly unknown[]).find(
          (name: unknown) => typeof name !== 'string' || !isRecord(properties) || !Object.hasOwn(properties, name),
        )
      : required;
    if (missing !== undefined)
      add(
        typeof missing === 'string' && Array.isArray(required)
          ? t('The parameter "{0}" is required but not among the properties.', clip(missing))
          : t('"required" is not a list of names of properties.'),
        t('Declare it in "properties", or remove it from "required".'),
        [...path, 'required'],
      );
  }
  if (types.includes('array') && items === undefined)
    add(t('A parameter is an array but has no "items".'), t('Add "items" with the schema of one item.'), path);
  if (isRecord(items)) checkSchema(items, [...path, 'items'], depth + 1, add);
  if (isRecord(properties))
    for (const [name, property] of Object.entries(properties)) {
      if (isRecord(property)) checkSchema(property, [...path, 'properties', name], depth + 1, add);
      else if (typeof property !== 'boolean')
        add(
          t('The schema of "{0}" is {1} where an object is needed.', clip(name), describe(property)),
          t('Write it as {"type": …, "description": …}.'),
          [...path, 'properties', name],
        );
    }
}
