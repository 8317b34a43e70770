// Requests of the editor about a document: problems, tokens, outline, one line.
import { t } from '../core/base/messages.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import { textOf, type ChatExample, type ChatMessage } from '../core/dataset/example.ts';
import { checkExample } from '../core/dataset/check/parseExample.ts';
import { lineTitle, rowTitles } from '../core/dataset/rowTitles.ts';
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
  const seen = { dataset: false };
  await readLines(source, {
    signal,
    onLine: (line) => {
      const checked = checker.line(line);
      if (checked.blank) return true;
      seen.dataset ||= isMeant(checked);
      const error = checked.findings.find(({ severity }) => severity === 'error');
      const { question, answer } = textsOf(checked);
      rows.push({
        line: line.number,
        question,
        detail: answer === '' ? (error?.message ?? '') : answer,
        broken: error !== undefined,
      });
      return rows.length < limit && !checker.stopped;
    },
  });
  if (!seen.dataset) return [];
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
    calls: message.tool_calls?.map((call) => `${call.function.name}(${call.function.arguments})`) ?? [],
    tokens: counter.count(text).tokens,
  };
}

function otherParts({ content }: ChatMessage): readonly string[] {
  if (typeof content !== 'object' || content === null) return [];
  return content.filter((part) => part.type !== 'text').map((part) => part.type);
}
