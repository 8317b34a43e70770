// What the editor asks of a document: problems, tokens, outline, one line.
import { createChecker } from '../core/dataset/check/checker.ts';
import { textOf, type ChatExample, type ChatMessage } from '../core/dataset/example.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { answerOf } from '../core/dataset/identity.ts';
import { checkExample } from '../core/dataset/check/parseExample.ts';
import { questionOf, sharedFirstLine, titleOf } from '../core/evaluation/prompt.ts';
import { exampleTokens, type TokenCounter } from '../core/tokens/count.ts';
import type {
  DatasetCheck,
  DatasetSource,
  DatasetTokens,
  DatasetWorkerApi,
  LineDetails,
  LineMessage,
  OutlineRow,
} from '../protocol/datasetWorker.ts';
import { accumulate } from './parts.ts';
import { createCheck, createTokenSum, isMeant, type CheckSettings } from './accumulators.ts';
import { graderOf } from './graders.ts';
import { readLines } from './readLines.ts';

/** Findings that only bytes can have: an editor's text has no encoding, and lone CRs are line endings to it. */
const BYTE_CODES: ReadonlySet<string> = new Set([
  'byte-order-mark',
  'utf-16',
  'utf-32',
  'not-utf8',
  'lone-cr',
  'carriage-return',
]);

/** Rows looked at to find the line that all questions begin with. */
const SAMPLE_ROWS = 200;

export async function checkDocument(
  source: DatasetSource,
  options: Parameters<DatasetWorkerApi['check']>[1],
  counter: TokenCounter,
  signal: AbortSignal,
): Promise<DatasetCheck> {
  const grader =
    options.grader === undefined || options.grader === null ? null : await graderOf(source, options.grader);
  const settings: CheckSettings = {
    forTraining: options.forTraining,
    limit: options.limit,
    // A grader without fields reads only the reply: it says nothing about the rows.
    graderFields: grader === null || grader.fields.length === 0 ? null : grader.fields,
  };
  const task = { kind: 'check', options: settings } as const;
  const { accumulator } = await accumulate(source, task, () => createCheck(settings, counter), {
    signal,
    hashed: false,
  });
  const more = options.disk === null ? [] : await byteFindings(options.disk, signal);
  counter.reset();
  return { ...accumulator.result(more), ...(grader === null ? {} : { grader }) };
}

/** From the file itself. One that cannot be read (any more) has nothing to add to what the document shows. */
async function byteFindings(path: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const findings: Finding[] = [];
  const note = (found: readonly Finding[]): void => {
    for (const finding of found) if (BYTE_CODES.has(finding.code) && findings.length < 100) findings.push(finding);
  };
  try {
    await readLines(
      { path },
      {
        signal,
        onLine: (line) => {
          note(checker.line(line).findings);
          return !checker.stopped;
        },
      },
    );
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
  note(checker.end().findings);
  return findings;
}

export async function countTokens(
  source: DatasetSource,
  counter: TokenCounter,
  signal: AbortSignal,
): Promise<DatasetTokens> {
  const { accumulator } = await accumulate(source, { kind: 'tokens' }, () => createTokenSum(counter), {
    signal,
    hashed: false,
  });
  counter.reset();
  return accumulator.result();
}

export async function outline(
  source: DatasetSource,
  limit: number,
  signal: AbortSignal,
): Promise<readonly OutlineRow[]> {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const rows: { line: number; question: string; detail: string; broken: boolean }[] = [];
  const seen = { dataset: false };
  await readLines(source, {
    signal,
    onLine: (line) => {
      const checked = checker.line(line);
      if (checked.blank) return true;
      seen.dataset ||= isMeant(checked);
      const { example } = checked;
      const error = checked.findings.find(({ severity }) => severity === 'error');
      rows.push({
        line: line.number,
        question: example === null ? '' : questionOf(example).slice(0, 10_000),
        detail: example === null ? (error?.message ?? '') : (answerOf(example) ?? '').slice(0, 10_000),
        broken: error !== undefined,
      });
      return rows.length < limit && !checker.stopped;
    },
  });
  if (!seen.dataset) return [];
  const questions = rows.filter(({ question }) => question !== '').map(({ question }) => question);
  const shared = sharedFirstLine(questions.slice(0, SAMPLE_ROWS));
  return rows.map(({ line, question, detail, broken }) => ({
    line,
    title: titleOf(question, shared) || `Line ${String(line)}`,
    detail: titleOf(detail, null),
    broken,
  }));
}

export function describeLine(text: string, counter: TokenCounter): Promise<LineDetails | null> {
  const { example } = checkExample(text.replace(/^\uFEFF/, ''), 1);
  if (example === null) return Promise.resolve(null);
  const messages = example.messages.map((message) => describeMessage(message, counter));
  const { tokens, estimated } = exampleTokens(example, counter);
  counter.reset();
  return Promise.resolve({ messages, tokens, estimated } satisfies LineDetails);
}

function describeMessage(message: ChatExample['messages'][number], counter: TokenCounter): LineMessage {
  const text = textOf(message);
  return {
    role: message.role,
    text,
    otherParts: otherParts(message),
    calls: message.tool_calls?.map((call) => `${call.function.name}(${call.function.arguments})`) ?? [],
    tokens: counter.count(text).tokens,
  };
}

function otherParts({ content }: ChatMessage): readonly string[] {
  if (typeof content !== 'object' || content === null) return [];
  return content.filter((part) => part.type !== 'text').map((part) => part.type);
}
