import * as z from 'zod/mini';
import type { RawLine } from '../../core/jsonl/lines.ts';
import { createLineSplitter } from '../../core/jsonl/lines.ts';
import { fail, ok, type Result } from '../../core/base/result.ts';

/** Only kind of request that batches can have here. */
export const BATCH_ENDPOINT = '/v1/chat/completions';

/** OpenAI's limits. */
const MOST_REQUESTS = 50_000;
/** Limit of listed errors of one file; more of a file that is wrong throughout say nothing new. */
const MOST_ERRORS = 100;

export interface BatchError {
  readonly code: string;
  readonly message: string;
  readonly line: number | null;
  readonly param: string | null;
}

export interface BatchRequest {
  readonly customId: string;
  /** A chat request, read when its turn comes. */
  readonly body: Readonly<Record<string, unknown>>;
}

const lineSchema = z.object({
  custom_id: z.string().check(z.minLength(1), z.maxLength(512)),
  method: z.literal('POST'),
  url: z.literal(BATCH_ENDPOINT),
  body: z.looseObject({ model: z.string() }),
});

/** The lines of a file that are not blank. */
export async function* requestLines(content: AsyncIterable<Uint8Array>): AsyncGenerator<RawLine> {
  const splitter = createLineSplitter();
  for await (const chunk of content) yield* nonBlank(splitter.push(chunk));
  yield* nonBlank(splitter.end());
}

function* nonBlank(lines: Iterable<RawLine>): Generator<RawLine> {
  for (const line of lines) if (!line.bytes || line.bytes.some((byte) => byte > 0x20)) yield line;
}

export function parseRequest({ bytes, number: line }: RawLine): Result<BatchRequest, BatchError> {
  const wrong = (code: string, message: string, param: string | null = null): Result<BatchRequest, BatchError> =>
    fail({ code, message: `Line ${String(line)}: ${message}`, line, param });
  if (!bytes) return wrong('line_too_long', 'the request is longer than 16 MB.');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return wrong('invalid_json_line', 'this is not JSON.');
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) {
    const param = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
    if (param === '') return wrong('invalid_request', 'this is not an object.');
    const wanted = { method: "must be 'POST'", url: `must be '${BATCH_ENDPOINT}'`, custom_id: 'must be a text' }[param];
    return wrong('invalid_request', `${param} ${wanted ?? 'is missing or has another type'}.`, param);
  }
  return ok({ customId: parsed.data.custom_id, body: parsed.data.body });
}

export interface CheckedInput {
  readonly total: number;
  /** The one model all requests name. */
  readonly model: string;
}

/** Checks the whole file before its requests are processed: returns its size, or why it cannot be a batch. */
export async function checkInput(lines: AsyncIterable<RawLine>): Promise<Result<CheckedInput, readonly BatchError[]>> {
  const ids = new Set<string>();
  const errors: BatchError[] = [];
  // Set in the function below, where the compiler does not look.
  let model = null as string | null;
  for await (const line of lines) {
    const request = parseRequest(line);
    const error = request.ok ? mistake(request.value, line.number) : request.error;
    if (error) errors.push(error);
    if (errors.length >= MOST_ERRORS || ids.size > MOST_REQUESTS) break;
  }
  if (ids.size > MOST_REQUESTS) errors.push(whole('too_many_requests', 'The file has more than 50,000 requests.'));
  if (ids.size === 0 && errors.length === 0) errors.push(whole('empty_file', 'The file has no requests.'));
  return errors.length > 0 || model === null ? fail(errors) : ok({ total: ids.size, model });

  function mistake({ customId, body }: BatchRequest, line: number): BatchError | null {
    const wrong = (code: string, message: string, param: string): BatchError => ({
      code,
      message: `Line ${String(line)}: ${message}`,
      line,
      param,
    });
    if (ids.has(customId))
      return wrong('duplicate_custom_id', 'this custom_id stands on an earlier line.', 'custom_id');
    ids.add(customId);
    const named = String(body['model']);
    model ??= named;
    return named === model ? null : wrong('mismatched_model', 'all requests must name the same model.', 'body.model');
  }
}

function whole(code: string, message: string): BatchError {
  return { code, message, line: null, param: 'input_file_id' };
}
