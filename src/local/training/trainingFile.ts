import { createChecker } from '../../core/dataset/check/checker.ts';
import type { ChatExample } from '../../core/dataset/example.ts';
import type { Finding } from '../../core/dataset/finding.ts';
import type { RawLine } from '../../core/jsonl/lines.ts';
import { createLineSplitter } from '../../core/jsonl/lines.ts';
import { fail, ok, type Result } from '../../core/base/result.ts';
import type { WireError } from '../server/wire.ts';

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

function refusal(finding: Finding, param: FileParam): WireError {
  const file = param === 'training_file' ? 'training file' : 'validation file';
  const place = finding.line > 0 ? `Line ${String(finding.line)} of the ${file}: ` : `The ${file} cannot be used: `;
  return {
    code: finding.code === 'too-few-examples' ? 'invalid_n_examples' : `invalid_${param}`,
    message: place + finding.message,
    param,
  };
}
