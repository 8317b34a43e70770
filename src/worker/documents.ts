// Requests of the editor about a document: problems, tokens, outline, one line.
import { t } from '../core/base/messages.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import { textOf, type ChatExample, type ChatMessage } from '../core/dataset/example.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { callsOf } from '../core/dataset/identity.ts';
import { checkExample } from '../core/dataset/check/parseExample.ts';
import { lineTitle, rowTitles } from '../core/dataset/rowTitles.ts';
import { callsJson, exampleTokens, type TokenCounter } from '../core/tokens/count.ts';
import type {
  DatasetCheck,
  DatasetSource,
  DatasetTokens,
  DatasetWorkerApi,
  LineDetails,
  LineMessage,
  OutlineRow,
} from '../protocol/datasetWorker.ts';
import { byteFindings } from './byteFindings.ts';
import { accumulate } from './parts.ts';
import { createCheck, createTokenSum, isMeant, type CheckSettings } from './accumulators.ts';
import { graderOf } from './graders.ts';
import { readLines } from './readLines.ts';
import { textsOf } from './rowTexts.ts';

/** `counter` is called for the first row that may be too long for a model, so that most documents do not wait for its table. */
export async function checkDocument(
  source: DatasetSource,
  options: Parameters<DatasetWorkerApi['check']>[1],
  counter: () => TokenCounter,
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
  let used: TokenCounter | undefined;
  const lazy: TokenCounter = {
    count: (text) => (used ??= counter()).count(text),
    reset: () => used?.reset(),
  };
  const { accumulator } = await accumulate(source, task, () => createCheck(settings, lazy), { signal, hashed: false });
  const more = options.disk === null ? [] : await byteFindings(options.disk, signal);
  lazy.reset();
  return { ...accumulator.result(more), ...(grader === null ? {} : { grader }) };
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
  /** What is wrong with an example that goes on over lines is known only after them. */
  const late = (findings: readonly Finding[], before: number): void => {
    for (const { line, severity, message } of findings) {
      if (severity !== 'error' || line === 0 || line >= before) continue;
      const row = rows.find((one) => one.line === line);
      if (row === undefined) rows.push({ line, question: '', detail: message, broken: true });
      else {
        row.broken = true;
        if (row.detail === '') row.detail = message;
      }
    }
  };
  const seen = { dataset: false };
  await readLines(source, {
    signal,
    onLine: (line) => {
      const checked = checker.line(line);
      late(checked.findings, line.number);
      seen.dataset ||= isMeant(checked);
      if (checked.pending === true) rows.push({ line: line.number, question: '', detail: '', broken: true });
      if (checked.blank) return true;
      const { question, answer } = textsOf(checked);
      const error = checked.findings.find((finding) => finding.severity === 'error' && finding.line === line.number);
      rows.push({
        line: line.number,
        question,
        detail: answer === '' ? (error?.message ?? '') : answer,
        broken: error !== undefined,
      });
      return rows.length < limit && !checker.stopped;
    },
  });
  late(checker.late(), Infinity);
  if (!seen.dataset) return [];
  rows.sort((a, b) => a.line - b.line);
  rows.splice(limit);
  const titleOf = rowTitles(rows.map(({ question }) => question));
  return rows.map(({ line, question, detail, broken }) => ({
    line,
    title: titleOf(question) || t('Line {0}', line),
    detail: lineTitle(detail),
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
    calls: callsOf(message).map((call) => `${call.name}(${call.arguments})`),
    tokens: counter.count(text).tokens + (callsJson(message) === '' ? 0 : counter.count(callsJson(message)).tokens),
  };
}

function otherParts({ content }: ChatMessage): readonly string[] {
  if (typeof content !== 'object' || content === null) return [];
  return content.filter((part) => part.type !== 'text').map((part) => part.type);
}
