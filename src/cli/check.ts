import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { createChecker } from '../core/dataset/check.ts';
import { contradictionFindings, createContradictionFinder } from '../core/dataset/contradictions.ts';
import { createDuplicateFinder, duplicateFindings } from '../core/dataset/duplicates.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { graderFields } from '../core/dataset/grader.ts';
import { createLeakageFinder, leakageFindings } from '../core/dataset/leakage.ts';
import { rowOf, rowOfExample } from '../core/dataset/row.ts';
import { o200k } from '../local/tokens.ts';
import { FileProblem, openDataset, type DatasetFile } from './datasetFile.ts';

const FORMATS = ['text', 'json', 'github'] as const;
type Format = (typeof FORMATS)[number];

interface Options {
  readonly files: readonly string[];
  readonly against: string | null;
  readonly grader: string | null;
  readonly format: Format;
  readonly maxWarnings: number;
}

/** One finding as it is printed: lines and columns from 1, columns in UTF-16 units, the end exclusive. */
interface Printed {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly code: string;
  readonly severity: Finding['severity'];
  readonly message: string;
  readonly action: string;
}

/** Returns the exit code: 0 nothing wrong, 1 errors or too many warnings, 2 something could not be read. */
export async function check(args: readonly string[], usage: string): Promise<number> {
  let options: Options | null;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'The options cannot be read.'} See --help.\n`);
    return 2;
  }
  if (options === null) {
    process.stdout.write(usage);
    return 0;
  }

  const printed: Printed[] = [];
  let unreadable = false;
  for (const path of options.files) {
    try {
      for (const finding of await checkFile(path, options)) printed.push(finding);
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      unreadable = true;
      process.stderr.write(`${error.message}\n`);
    }
  }
  write(printed, options.format);
  if (unreadable) return 2;
  const warnings = printed.filter(({ severity }) => severity === 'warning').length;
  return printed.some(({ severity }) => severity === 'error') || warnings > options.maxWarnings ? 1 : 0;
}

async function checkFile(path: string, options: Options): Promise<readonly Printed[]> {
  const grader = options.grader === null ? null : graderFields(readGrader(options.grader));
  const checker = createChecker({
    accept: 'any',
    // Loaded with the first line that might be too long.
    counter: { count: (text) => o200k().count(text), reset: () => undefined },
    ...(grader === null ? {} : { graderFields: grader }),
  });
  const duplicates = createDuplicateFinder();
  const contradictions = createContradictionFinder();
  const leakage = options.against === null ? null : createLeakageFinder();
  const findings: Finding[] = [];
  const file = openDataset(path);
  let other: DatasetFile | null = null;
  try {
    if (leakage !== null && options.against !== null) {
      other = openDataset(options.against);
      const reference = createChecker({ accept: 'any', minExamples: 0 });
      await other.each((line) => {
        const { text } = reference.line(line);
        const row = text === null ? null : rowOf(text);
        if (row !== null) leakage.other(line.number, row);
        return !reference.stopped;
      });
    }
    await file.each((line) => {
      const checked = checker.line(line);
      for (const finding of checked.findings) findings.push(finding);
      const row =
        checked.example !== null
          ? rowOfExample(checked.example)
          : checked.blank || checked.text === null
            ? null
            : rowOf(checked.text);
      if (row !== null) {
        duplicates.add(line.number, row);
        contradictions.add(line.number, row);
        leakage?.check(line.number, row);
      }
      return !checker.stopped;
    });
    const load = (line: number): string | null => file.text(line);
    for (const finding of checker.end().findings) findings.push(finding);
    for (const finding of duplicateFindings(await duplicates.finish(load))) findings.push(finding);
    for (const finding of contradictionFindings(contradictions.finish())) findings.push(finding);
    if (leakage !== null && other !== null) {
      const reference = other;
      const leaks = await leakage.finish(load, (line) => reference.text(line));
      for (const finding of leakageFindings(leaks, basename(reference.path))) findings.push(finding);
    }
    return findings.map((finding) => place(finding, path, file)).sort((a, b) => a.line - b.line || a.column - b.column);
  } finally {
    file.close();
    other?.close();
  }
}

/** Whole lines from their first to their last character; what is about the file at its start, what is missing at its end. */
function place(
  { code, severity, message, action, line, column, endColumn }: Finding,
  path: string,
  file: DatasetFile,
): Printed {
  const rest = { file: path, code, severity, message, action };
  if (line === 0) {
    const { lines, finalNewline } = file.end();
    if (code !== 'too-few-examples') return { ...rest, line: 1, column: 1, endColumn: 1 };
    if (finalNewline) return { ...rest, line: lines + 1, column: 1, endColumn: 1 };
    const end = (file.text(lines)?.length ?? 0) + 1;
    return { ...rest, line: Math.max(1, lines), column: end, endColumn: end };
  }
  if (column > 0) return { ...rest, line, column, endColumn };
  return { ...rest, line, column: 1, endColumn: (file.text(line)?.length ?? 0) + 1 };
}

function write(printed: readonly Printed[], format: Format): void {
  // Whoever reads may have gone (`| head`).
  process.stdout.on('error', () => undefined);
  if (format === 'json') {
    const lines = printed.map(({ file, line, column, endColumn, code, severity, message }) =>
      JSON.stringify({ file, line, column, endColumn, code, severity, message }),
    );
    process.stdout.write(lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`);
    return;
  }
  if (format === 'github') {
    process.stdout.write(printed.map((finding) => `${annotation(finding)}\n`).join(''));
    return;
  }
  const lines = printed.map(
    ({ file, line, column, code, severity, message, action }) =>
      `${visible(file)}:${String(line)}:${String(column)}: ${severity}: ${visible(message)} ${visible(action)} [${code}]\n`,
  );
  const count = (wanted: Finding['severity'], one: string, many: string): string => {
    const number = printed.filter(({ severity }) => severity === wanted).length;
    return `${String(number)} ${number === 1 ? one : many}`;
  };
  process.stdout.write(
    `${lines.join('')}${count('error', 'error', 'errors')}, ${count('warning', 'warning', 'warnings')}, ${count('information', 'note', 'notes')}\n`,
  );
}

const LEVELS = { error: 'error', warning: 'warning', information: 'notice' } as const;

/** A workflow command (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). */
function annotation({ file, line, column, endColumn, code, severity, message, action }: Printed): string {
  const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
  const place = `line=${String(line)},endLine=${String(line)},col=${String(column)},endColumn=${String(endColumn)}`;
  return `::${LEVELS[severity]} file=${property(file)},${place},title=${property(code)}::${data(`${visible(message)} ${visible(action)}`)}`;
}

/** Names of files and pieces of datasets reach a terminal: nothing of them may steer it. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

function readGrader(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new FileProblem(`${path} cannot be read.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new FileProblem(`${path} is not a grader: it is not JSON.`);
  }
}

function readOptions(args: readonly string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      against: { type: 'string' },
      grader: { type: 'string' },
      format: { type: 'string', default: 'text' },
      'max-warnings': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  if (positionals.length === 0) throw new Error('FILE is missing.');
  const format = FORMATS.find((known) => known === values.format);
  if (format === undefined) throw new Error(`${values.format} is none of the formats ${FORMATS.join(', ')}.`);
  const given = values['max-warnings'];
  const maxWarnings = given === undefined ? Infinity : /^\d+$/.test(given) ? Number(given) : NaN;
  if (Number.isNaN(maxWarnings)) throw new Error(`${given ?? ''} is no number of warnings.`);
  return { files: positionals, against: values.against ?? null, grader: values.grader ?? null, format, maxWarnings };
}
