import { listOf, t, tn } from '../../base/messages.ts';
import { isRuleCode, RULES } from '../check/ruleTable.ts';
import type { ComparedFile, ComparedFiles, DatasetComparison, DatasetReport, ReportView } from './types.ts';

/** Headline of a report. `name`: the dataset without its folder. It says "clean" only after all likely files were compared. */
export function headlineOf(report: DatasetReport, name: string, others: ComparedFiles): ReportView['headline'] {
  const { statistics, problems, duplicates, contradictions } = report;
  const compared = others.files.flatMap((file) => (file.state === 'compared' ? [file] : []));
  const bad: string[] = [];
  const warnings: string[] = [];
  for (const { comparison, name: other } of compared) {
    const leaked = leaksOf(comparison);
    if (leaked > 0) bad.push(leakSentence(comparison, leaked, name, other));
  }

  // Problems of the file as a whole, in the words of their rules.
  const ofFile = problems.filter(
    ({ severity, code, rows }) => severity === 'error' && (rows.count === 0 || isOfFile(code)),
  );
  bad.push(...ofFile.map(({ message }) => message));
  const wrong = report.wrong.count;
  if (wrong > 0)
    bad.push(
      report.examples === 1
        ? t('The only row has an error, and providers refuse the whole file.')
        : tn(
            wrong,
            '{0} of {1} rows has an error, and providers refuse the whole file.',
            '{0} of {1} rows have errors, and providers refuse the whole file.',
            report.examples,
          ),
    );

  if (duplicates.exact.count > 0)
    warnings.push(
      tn(
        duplicates.exact.count,
        '{0} of {1} rows repeats an earlier one word for word.',
        '{0} of {1} rows repeat an earlier one word for word.',
        report.examples,
      ),
    );
  if (duplicates.near.count > 0)
    warnings.push(
      tn(
        duplicates.near.count,
        '{0} of {1} rows is nearly the same as an earlier one.',
        '{0} of {1} rows are nearly the same as an earlier one.',
        report.examples,
      ),
    );
  if (contradictions.prompts > 0)
    warnings.push(
      tn(
        contradictions.prompts,
        '{0} prompt has contradictory answers, on {1} rows.',
        '{0} prompts have contradictory answers, on {1} rows.',
        contradictions.rows.count,
      ),
    );
  const warned = problems.filter(({ severity }) => severity === 'warning');
  if (warned.length > 0) {
    const named = warned
      .slice(0, MAX_NAMED)
      .map(({ code, rows }) =>
        rows.count > 1 ? tn(rows.count, '{1} ({0} row)', '{1} ({0} rows)', titleOf(code)) : titleOf(code),
      );
    const more = warned.length - named.length;
    if (more > 0) named.push(tn(more, '{0} more', '{0} more'));
    warnings.push(t('Warnings: {0}.', listOf(named)));
  }
  for (const { comparison, name: other } of compared)
    if (comparison.format.length > 0) warnings.push(t('{0} and {1} are written differently.', name, other));

  const examples = statistics.examples.count;
  const open = openSentences(others);
  if (examples === 0 && bad.length + warnings.length === 0)
    return { tone: 'neutral', text: t('No row of the file could be counted.') };
  if (bad.length + warnings.length > 0)
    return { tone: bad.length > 0 ? 'bad' : 'warning', text: [...bad, ...warnings, ...open].join(' ') };
  if (open.length > 0 || compared.length === 0) {
    const soFar = tn(
      examples,
      'Clean so far: {0} example without problems, duplicates, or contradictions.',
      'Clean so far: {0} examples without problems, duplicates, or contradictions.',
    );
    const alone = others.held
      ? t('Leakage was not looked at: no training file with a matching name is in its folder.')
      : t('Leakage was not looked at: no validation or test file with a matching name is in its folder.');
    return { tone: 'neutral', text: [soFar, ...(open.length > 0 ? open : [alone])].join(' ') };
  }
  const clean = tn(
    examples,
    'Clean: {0} example without problems, duplicates, or contradictions.',
    'Clean: {0} examples without problems, duplicates, or contradictions.',
  );
  const apart = compared.map(({ comparison, name: other }) => {
    const [held, training] = comparison.held === 'file' ? [name, other] : [other, name];
    return t('No row of {0} is in {1}, exactly or nearly.', held, training);
  });
  return { tone: 'good', text: [clean, ...apart].join(' ') };
}

/** Sentences about the files that are not compared yet, or not at all. */
function openSentences({ files, more }: ComparedFiles): readonly string[] {
  const named = (...states: readonly ComparedFile['state'][]): readonly string[] =>
    files.filter(({ state }) => states.includes(state)).map(({ name }) => name);
  const running = named('waiting', 'comparing');
  const not = named('canceled', 'too-large', 'failed');
  return [
    ...(running.length > 0 ? [t('Comparing with {0}…', listOf(running))] : []),
    ...(not.length > 0 ? [t('Not compared with {0}.', listOf(not))] : []),
    ...(more > 0 ? [tn(more, '{0} more file was not compared.', '{0} more files were not compared.')] : []),
  ];
}

function leaksOf({ exact, prompt, near }: DatasetComparison): number {
  return exact.held.count + prompt.held.count + near.held.count;
}

function leakSentence(compared: DatasetComparison, leaked: number, name: string, other: string): string {
  const [held, training] = compared.held === 'file' ? [name, other] : [other, name];
  const exact = compared.exact.held.count;
  const prompt = compared.prompt.held.count;
  const near = compared.near.held.count;
  const parts = [
    ...(exact > 0 ? [tn(exact, '{0} word for word', '{0} word for word')] : []),
    ...(prompt > 0 ? [tn(prompt, '{0} with another answer', '{0} with another answer')] : []),
    ...(near > 0 ? [tn(near, '{0} nearly the same', '{0} nearly the same')] : []),
  ];
  return tn(
    leaked,
    '{0} of {1} rows of {2} is also in {3}: {4}.',
    '{0} of {1} rows of {2} are also in {3}: {4}.',
    compared.heldRows,
    held,
    training,
    listOf(parts),
  );
}

/** Number of rules that the headline names; the table has all. */
const MAX_NAMED = 2;

function titleOf(code: string): string {
  return isRuleCode(code) ? RULES[code].title() : code;
}

/** Tells rules that report at the first row and mean the whole file. */
export function isOfFile(code: string): boolean {
  return code.startsWith('kind-') || FILE_CODES.has(code);
}

const FILE_CODES: ReadonlySet<string> = new Set([
  'git-lfs-pointer',
  'compressed-file',
  'spreadsheet',
  'parquet',
  'web-page',
  'other-file',
  'markdown-fence',
  'csv',
  'json-array',
  'json-spread',
  'utf-16',
  'utf-32',
  'byte-order-mark',
  'crlf',
]);
