import { answerOf } from '../core/dataset/identity.ts';
import { parseExample } from '../core/dataset/check/parseExample.ts';
import { decodeUtf8 } from '../core/jsonl/utf8.ts';
import { questionOf, sharedFirstLine, titleOf } from '../core/evaluation/prompt.ts';
import type { ExcerptLine } from '../protocol/datasetWorker.ts';
import { readLines } from './readLines.ts';

/** Longest text that a title is made of; the title shows far less. */
const TITLE_UNITS = 10_000;

/** Lines of a file (ascending), read up to the last of them. */
export async function excerpt(
  path: string,
  lines: readonly number[],
  maxUnits: number,
  signal: AbortSignal,
): Promise<readonly ExcerptLine[]> {
  const found: { line: number; text: string | null; question: string; answer: string }[] = [];
  let next = 0;
  await readLines(
    { path },
    {
      signal,
      onLine: ({ number, bytes }) => {
        if (number !== lines[next]) return next < lines.length;
        next += 1;
        const decoded = bytes === null ? null : decodeUtf8(bytes);
        const text = decoded?.ok === true ? decoded.value.replace(/^\uFEFF/, '') : null;
        const parsed = text === null ? null : parseExample(text);
        const example = parsed?.ok === true ? parsed.value : null;
        found.push({
          line: number,
          text: text === null ? null : cut(text, maxUnits),
          question: cut(example === null ? (text ?? '') : questionOf(example), TITLE_UNITS),
          answer: cut(example === null ? '' : (answerOf(example) ?? ''), TITLE_UNITS),
        });
        return next < lines.length;
      },
    },
  );
  const shared = sharedFirstLine(found.map(({ question }) => question));
  const rows = found.map(({ line, text, question, answer }) => ({
    line,
    text,
    title: titleOf(question, shared),
    detail: titleOf(answer, null),
  }));
  // Lines that a shorter file no longer has.
  return [...rows, ...lines.slice(next).map((line) => ({ line, text: null, title: '', detail: '' }))];
}

function cut(text: string, units: number): string {
  return text.length <= units ? text : `${text.slice(0, units).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
