import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

type Json = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header' | 'cookie';
  readonly required?: boolean;
  readonly schema?: Json;
  readonly style?: string;
}

/** One method of one path. */
export interface Operation {
  /** `POST /files/{file_id}` */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Media types of the body; null when it takes none. */
  readonly body: Readonly<Record<string, Json>> | null;
  /** Media types of the answer, by status. */
  readonly answers: ReadonlyMap<number, Readonly<Record<string, Json>>>;
}

export interface OpenApi {
  /** The documented operation for a method and a path (without `/v1`), with what stands in the path's braces. */
  find(method: string, path: string): { readonly operation: Operation; readonly path: Json } | null;
  /** What is wrong with `value`, as `/pointer message`; nothing when it fits. */
  errors(schema: Json, value: unknown): readonly string[];
}

/** Reads an OpenAPI 3.1 document (YAML or JSON). About two seconds for OpenAI's 3 MB. */
export function readOpenApi(file: string): OpenApi {
  const document = parse(readFileSync(file, 'utf8'), { maxAliasCount: -1 }) as Json & { paths: Json; components: Json };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  // Every `#/components/…` of the document is then `openapi#/components/…`.
  ajv.addSchema({ $id: 'openapi', components: normalised(document.components) });
  const compiled = new Map<Json, ValidateFunction>();
  const operations = readPaths(document.paths, (ref) => resolve(document, ref));
  return {
    find(method, path) {
      for (const { operation, method: own, pattern, names } of operations) {
        const match = own === method ? pattern.exec(path) : null;
        if (!match) continue;
        const entries = names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')] as const);
        return { operation, path: Object.fromEntries(entries) };
      }
      return null;
    },
    errors(schema, value) {
      let validate = compiled.get(schema);
      if (!validate) {
        validate = ajv.compile(normalised(schema) as Json);
        compiled.set(schema, validate);
      }
      if (validate(value)) return [];
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${instancePath === '' ? '/' : instancePath} ${message ?? 'does not fit'} ${JSON.stringify(params)}`,
      );
    },
  };
}

interface Entry {
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly operation: Operation;
}

function readPaths(paths: Json, resolved: (value: unknown) => Json): Entry[] {
  const entries: Entry[] = [];
  for (const [template, item] of Object.entries(paths)) {
    const names = [...template.matchAll(/\{([^}]+)\}/gu)].map((match) => match[1] ?? '');
    const escaped = template.split(/\{[^}]+\}/u).map((part) => part.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`));
    const pattern = new RegExp(`^${escaped.join('([^/]+)')}$`, 'u');
    for (const [method, value] of Object.entries(item as Json)) {
      if (!['get', 'post', 'delete', 'put', 'patch'].includes(method)) continue;
      const name = `${method.toUpperCase()} ${template}`;
      entries.push({
        method: method.toUpperCase(),
        pattern,
        names,
        operation: readOperation(name, value as Json, resolved),
      });
    }
  }
  // A path without braces goes before one whose braces would take its words.
  return entries.sort((a, b) => a.names.length - b.names.length);
}

function readOperation(name: string, value: Json, resolved: (value: unknown) => Json): Operation {
  const content = (part: unknown): Record<string, Json> => {
    const types = (resolved(part)['content'] ?? {}) as Record<string, { schema?: Json }>;
    return Object.fromEntries(Object.entries(types).map(([type, { schema }]) => [type, schema ?? {}]));
  };
  const answers = Object.entries((value['responses'] ?? {}) as Json);
  return {
    name,
    parameters: ((value['parameters'] ?? []) as unknown[]).map((item) => resolved(item) as unknown as Parameter),
    body: value['requestBody'] === undefined ? null : content(value['requestBody']),
    answers: new Map(answers.map(([status, answer]) => [Number(status), content(answer)])),
  };
}

function resolve(document: Json, value: unknown): Json {
  const { $ref: ref } = value as { $ref?: string };
  if (ref === undefined) return value as Json;
  let target: unknown = document;
  for (const part of ref.replace(/^#\//u, '').split('/')) target = (target as Json)[part];
  return target as Json;
}

/**
 * The document says 3.1 and keeps words of 3.0: `nullable: true` (beside a type or a reference) and a boolean
 * `exclusiveMinimum`. They are read as they are meant. Binary content is any text.
 */
function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = value as Json;
  const schema: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(rest)) {
    // Not schemas, and large.
    if (key === 'example' || key === 'examples' || key === 'x-oaiMeta') continue;
    schema[key] = key === '$ref' && typeof part === 'string' ? part.replace(/^#/u, 'openapi#') : normalised(part);
  }
  if (schema['exclusiveMinimum'] === true) {
    schema['exclusiveMinimum'] = schema['minimum'];
    delete schema['minimum'];
  }
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}
