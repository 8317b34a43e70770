// What the editor asks of a document: problems, tokens, outline, one line.
import { createChecker, type CheckedLine } from '../core/dataset/check.ts';
import { textOf, type ChatExample, type ChatMessage } from '../core/dataset/example.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { answerOf } from '../core/dataset/identity.ts';
import { checkExample } from '../core/dataset/parseExample.ts';
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

/** What is wrong with any file of JSON lines, whatever its rows are. */
const SHAPE_CODES: ReadonlySet<string> = new Set(['csv', 'json-array', 'json-spread', 'utf-16', 'utf-32', 'not-utf8']);

/** A broken row that was meant as an example; keys may lack their quotes or have single ones. */
const MEANT = /\b(?:messages|role|content|prompt|completion|conversations|instruction)["']?\s*:/;

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
  const checker = createChecker({
    accept: 'any',
    counter,
    ...(options.forTraining ? {} : { minExamples: 0 }),
    // A grader without fields reads only the reply: it says nothing about the rows.
    ...(grader === null || grader.fields.length === 0 ? {} : { graderFields: grader.fields }),
  });
  const kept = createKeeper(options.limit);
  const other = createKeeper(options.limit);
  const seen = { dataset: false };
  await readLines(source, {
    signal,
    onLine: (line) => {
      const checked = checker.line(line);
      seen.dataset ||= isMeant(checked);
      kept.add(checked.findings);
      if (!seen.dataset) other.add(checked.findings.flatMap(asOther));
      return !checker.stopped;
    },
  });
  const end = checker.end();
  const { dataset } = seen;
  // A document nobody has written in yet is not a mistake.
  kept.add(end.findings.filter(({ code }) => code !== 'empty-file'));
  if (!dataset) other.add(end.findings.flatMap(asOther));
  const chosen = dataset ? kept : other;
  if (options.disk !== null) chosen.add(await byteFindings(options.disk, signal));
  counter.reset();
  const about = { dataset, kind: end.kind, examples: end.examples, ...(grader === null ? {} : { grader }) };
  return { ...about, ...chosen.result() };
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

function isMeant(checked: CheckedLine): boolean {
  if (checked.kind !== null && checked.kind !== 'unknown') return true;
  // Only now: the text of a good row is made when it is asked for.
  return checked.findings.length > 0 && checked.text !== null && MEANT.test(checked.text.slice(0, 10_000));
}

/** What is told of a row in a file that is no dataset. */
function asOther(finding: Finding): Finding[] {
  if (SHAPE_CODES.has(finding.code)) return [finding];
  return finding.code.startsWith('json-') || finding.code === 'nul-character'
    ? [{ ...finding, severity: 'information' }]
    : [];
}

function createKeeper(limit: number) {
  const errors: Finding[] = [];
  const rest: Finding[] = [];
  let findingCount = 0;
  let errorCount = 0;
  return {
    add(findings: readonly Finding[]): void {
      for (const finding of findings) {
        findingCount += 1;
        const error = finding.severity === 'error';
        if (error) errorCount += 1;
        const list = error ? errors : rest;
        if (list.length < limit) list.push(finding);
      }
    },
    result(): Pick<DatasetCheck, 'findings' | 'findingCount' | 'errorCount'> {
      const findings = [...errors, ...rest]
        .slice(0, limit)
        .sort((a, b) => a.line - b.line || a.column - b.column || Number(a.severity !== 'error'));
      return { findings, findingCount, errorCount };
    },
  };
}

export async function countTokens(
  source: DatasetSource,
  counter: TokenCounter,
  signal: AbortSignal,
): Promise<DatasetTokens> {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  let tokens = 0;
  let estimated = false;
  let examples = 0;
  let longest = 0;
  let longestLine = 0;
  await readLines(source, {
    signal,
    onLine: (line) => {
      const { example } = checker.line(line);
      if (example === null) return !checker.stopped;
      const count = exampleTokens(example, counter);
      tokens += count.tokens;
      estimated ||= count.estimated;
      examples += 1;
      if (count.tokens > longest) {
        longest = count.tokens;
        longestLine = line.number;
      }
      return true;
    },
  });
  counter.reset();
  return { tokens, estimated, examples, longest, longestLine };
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
