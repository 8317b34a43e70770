import { createChecker } from '../../core/dataset/check/checker.ts';
import type { ChatExample } from '../../core/dataset/example.ts';
import { graderFields } from '../../core/dataset/check/gradedRow.ts';
import type { Finding } from '../../core/dataset/finding.ts';
import type { RawLine } from '../../core/jsonl/lines.ts';
import { createLineSplitter } from '../../core/jsonl/lines.ts';
import { fail, ok, type Result } from '../../core/base/result.ts';
import type { WireError } from '../server/wire.ts';
import type { TrainingOrder } from './trainingMessages.ts';

type FileParam = 'training_file' | 'validation_file';

/** The examples of a chat JSONL file, or the first reason why the job must fail, naming the line. */
export function parseTrainingFile(bytes: Uint8Array, param: FileParam): Result<ChatExample[], WireError> {
  // Only the training file has a minimum; a short validation file is merely noisy.
  const checker = createChecker(param === 'training_file' ? {} : { minExamples: 1 });
  const splitter = createLineSplitter();
  const examples: ChatExample[] = [];
  const take = (lines: Iterable<RawLine>): Finding | undefined => {
    for (const raw of lines) {
      const { example, findings } = checker.line(raw);
      const wrong = findings.find((finding) => finding.severity === 'error');
      if (wrong) return wrong;
      if (example) examples.push(example);
    }
    return undefined;
  };
  const wrong =
    take(splitter.push(bytes)) ??
    take(splitter.end()) ??
    checker.end().findings.find((finding) => finding.severity === 'error');
  return wrong ? fail(refusal(wrong, param)) : ok(examples);
}

const KINDS = { supervised: 'chat', dpo: 'preference', reinforcement: 'reinforcement' } as const;
const ROWS = { chat: 'chat examples', preference: 'preference pairs', reinforcement: 'examples for a grader' } as const;

/** Looks whether the files have the rows that a job's method learns from; the first reason why the job must fail, or null. */
export function checkFiles({ training, validation, method }: CheckedOrder): WireError | null {
  const fields = method.grader ? graderFields(method.grader) : [];
  for (const [bytes, param] of [
    [training, 'training_file'],
    [validation, 'validation_file'],
  ] as const) {
    const error = bytes && checkFile(bytes, param, KINDS[method.type], fields);
    if (error) return error;
  }
  return null;
}

type CheckedOrder = Pick<TrainingOrder, 'training' | 'validation' | 'method'>;

function checkFile(
  bytes: Uint8Array,
  param: FileParam,
  wanted: keyof typeof ROWS,
  fields: readonly string[],
): WireError | null {
  const checker = createChecker({
    ...(param === 'training_file' ? {} : { minExamples: 1 }),
    accept: wanted === 'chat' ? 'chat' : 'any',
    ...(wanted === 'reinforcement' ? { graderFields: fields } : {}),
  });
  const splitter = createLineSplitter();
  for (const lines of [splitter.push(bytes), splitter.end()]) {
    for (const raw of lines) {
      const wrong = checker.line(raw).findings.find(({ severity }) => severity === 'error');
      if (wrong) return refusal(wrong, param);
    }
  }
  const { findings, kind } = checker.end();
  const wrong = findings.find(({ severity }) => severity === 'error');
  if (wrong) return refusal(wrong, param);
  if (kind === wanted) return null;
  const file = param === 'training_file' ? 'training file' : 'validation file';
  const message = `The ${file} cannot be used: it does not have the ${ROWS[wanted]} that this method learns from.`;
  return { code: `invalid_${param}`, message, param };
}

function refusal(finding: Finding, param: FileParam): WireError {
  const file = param === 'training_file' ? 'training file' : 'validation file';
  const place = finding.line > 0 ? `Line ${String(finding.line)} of the ${file}: ` : `The ${file} cannot be used: `;
  return {
    code: finding.code === 'too-few-examples' ? 'invalid_n_examples' : `invalid_${param}`,
    message: place + finding.message,
    param,
  };
}
