import { createChecker } from '../core/dataset/check/checker.ts';
import { lineTitle, rowTitles } from '../core/dataset/rowTitles.ts';
import { decodeUtf8 } from '../core/jsonl/utf8.ts';
import type { ExcerptLine } from '../protocol/datasetWorker.ts';
import { readLines } from './readLines.ts';
import { textsOf } from './rowTexts.ts';

/** Units of a line that is no JSON that its title is made of. */
const TITLE_UNITS = 1000;

/** Lines of a file (ascending), read up to the last of them. */
export async function excerpt(
  path: string,
  lines: readonly number[],
  maxUnits: number,
  signal: AbortSignal,
): Promise<readonly ExcerptLine[]> {
  const found: { line: number; text: string | null; question: string; answer: string }[] = [];
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  let next = 0;
  await readLines(
    { path },
    {
      signal,
      onLine: (read) => {
        const { number, bytes } = read;
        if (number !== lines[next]) return next < lines.length;
        next += 1;
        const decoded = bytes === null ? null : decodeUtf8(bytes);
        const text = decoded?.ok === true ? decoded.value.replace(/^\uFEFF/, '') : null;
        const { question, answer } = textsOf(checker.line(read));
        found.push({
          line: number,
          text: text === null ? null : cut(text, maxUnits),
          question: question === '' ? cut(text ?? '', TITLE_UNITS) : question,
          answer,
        });
        return next < lines.length;
      },
    },
  );
  const titleOf = rowTitles(found.map(({ question }) => question));
  const rows = found.map(({ line, text, question, answer }) => ({
    line,
    text,
    title: titleOf(question),
    detail: lineTitle(answer),
  }));
  // Lines that a shorter file no longer has.
  return [...rows, ...lines.slice(next).map((line) => ({ line, text: null, title: '', detail: '' }))];
}

function cut(text: string, units: number): string {
  return text.length <= units ? text : `${text.slice(0, units).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
