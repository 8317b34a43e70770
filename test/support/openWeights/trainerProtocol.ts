// The document that describes the messages of the trainer.
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const FILE = new URL('../../../trainer/src/tuning_fork_trainer/protocol.schema.json', import.meta.url);

interface Document {
  readonly $id: string;
  readonly $defs: {
    readonly Error: { readonly properties: { readonly code: { readonly enum: readonly string[] } } };
    readonly Job: {
      readonly properties: {
        readonly advanced: { readonly properties: Readonly<Record<string, { readonly default?: unknown }>> };
      };
    };
  };
}

export const protocol = JSON.parse(readFileSync(FILE, 'utf8')) as Document;

const ajv = new Ajv2020({ allErrors: true, strict: false });
ajv.addSchema(protocol);

/** Check of a message or a document by its name in the protocol. */
export function described(name: string): ValidateFunction {
  return ajv.compile({ $ref: `${protocol.$id}#/$defs/${name}` });
}
