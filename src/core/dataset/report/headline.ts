import { count } from '../../base/numbers.ts';
import { isRuleCode, RULES } from '../check/ruleTable.ts';
import type { DatasetComparison, DatasetReport, ReportView } from './types.ts';

/** `name` and `other`: the two files without their folders. */
export function headlineOf(report: DatasetReport, name: string, other: string | null): ReportView['headline'] {
  const { statistics, problems, duplicates, contradictions, comparison } = report;
  const compared = comparison !== null && !('problem' in comparison) ? comparison : null;
  const bad: string[] = [];
  const warnings: string[] = [];
  const leaked = compared === null ? 0 : leaksOf(compared);
  if (compared !== null && leaked > 0 && other !== null) bad.push(leakSentence(compared, leaked, name, other));

  // What is wrong with the file as a whole, in the words of its rule.
  const ofFile = problems.filter(
    ({ severity, code, rows }) => severity === 'error' && (rows.count === 0 || isOfFile(code)),
  );
  bad.push(...ofFile.map(({ message }) => message));
  const wrong = report.wrong.count;
  if (wrong > 0)
    bad.push(
      `${rowsIn(wrong, report.examples)} ${wrong === 1 ? 'has an error' : 'have errors'}, and providers refuse the whole file.`,
    );

  if (duplicates.exact.count > 0)
    warnings.push(
      `${rowsIn(duplicates.exact.count, report.examples)} ${be(duplicates.exact.count)} said before word for word.`,
    );
  if (duplicates.near.count > 0)
    warnings.push(
      `${rowsIn(duplicates.near.count, report.examples)} ${be(duplicates.near.count)} nearly the same as an earlier one.`,
    );
  if (contradictions.prompts > 0)
    warnings.push(
      `${contradictions.prompts === 1 ? 'One prompt has' : `${count(contradictions.prompts)} prompts have`} contradictory answers, on ${count(contradictions.rows.count)} rows.`,
    );
  const warned = problems.filter(({ severity }) => severity === 'warning');
  if (warned.length > 0) {
    const named = warned
      .slice(0, MAX_NAMED)
      .map(({ code, rows }) => `${titleOf(code)}${rows.count > 1 ? ` (${count(rows.count)} rows)` : ''}`);
    const more = warned.length - named.length;
    warnings.push(`Warnings: ${named.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}.`);
  }
  if (compared !== null && compared.format.length > 0)
    warnings.push(`${name} and ${other ?? ''} are written differently.`);

  const examples = statistics.examples.count;
  if (examples === 0 && bad.length + warnings.length === 0)
    return { tone: 'neutral', text: 'No row of the file could be counted.' };
  const counted = `${count(examples)} ${examples === 1 ? 'example' : 'examples'}`;
  if (bad.length + warnings.length === 0) {
    const clean = `Clean: ${counted} without a problem, a duplicate or a contradiction.`;
    if (compared === null || other === null) return { tone: 'good', text: clean };
    const [held, training] = compared.held === 'file' ? [name, other] : [other, name];
    return { tone: 'good', text: `${clean} No row of ${held} is in ${training}, and none nearly.` };
  }
  const tone = bad.length > 0 ? 'bad' : 'warning';
  return { tone, text: [...bad, ...warnings].join(' ') };
}

function leaksOf({ exact, prompt, near }: DatasetComparison): number {
  return exact.held.count + prompt.held.count + near.held.count;
}

function leakSentence(compared: DatasetComparison, leaked: number, name: string, other: string): string {
  const [held, training] = compared.held === 'file' ? [name, other] : [other, name];
  const parts = [
    ...(compared.exact.held.count > 0 ? [`${count(compared.exact.held.count)} word for word`] : []),
    ...(compared.prompt.held.count > 0 ? [`${count(compared.prompt.held.count)} with another answer`] : []),
    ...(compared.near.held.count > 0 ? [`${count(compared.near.held.count)} nearly the same`] : []),
  ];
  return `${count(leaked)} of ${count(compared.heldRows)} rows of ${held} ${be(leaked)} also in ${training}: ${parts.join(', ')}.`;
}

/** Rules whose warnings are named in the headline; the table has all. */
const MAX_NAMED = 2;

function titleOf(code: string): string {
  const title = isRuleCode(code) ? RULES[code].title() : code;
  return title.charAt(0).toLowerCase() + title.slice(1);
}

/** Said once, at the first row, and meant of all of them. */
export function isOfFile(code: string): boolean {
  return code.startsWith('kind-') || FILE_CODES.has(code);
}

const FILE_CODES: ReadonlySet<string> = new Set([
  'csv',
  'json-array',
  'json-spread',
  'utf-16',
  'utf-32',
  'byte-order-mark',
  'crlf',
]);

function rowsIn(rows: number, of: number): string {
  if (rows === 1) return of === 1 ? 'The only row' : `One of ${count(of)} rows`;
  return `${count(rows)} of ${count(of)} rows`;
}

function be(rows: number): string {
  return rows === 1 ? 'is' : 'are';
}
