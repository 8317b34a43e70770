import { tn } from '../core/base/messages.ts';
import type { MoreData } from '../core/dataset/dataCurve/moreData.ts';
import type { Finding } from '../core/dataset/finding.ts';
import type { DatasetFile } from './datasetFile.ts';
import { visible } from './terminal.ts';

/** Printed finding: lines and columns from 1, columns in UTF-16 units, the end exclusive. */
export interface Printed {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly code: string;
  readonly severity: Finding['severity'];
  readonly message: string;
  readonly action: string;
}

/** Places a finding: whole lines from their first to their last character; about the file at its start, about missing lines at its end. */
export function place(
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

/** Formats findings for users and for readers of compilers' output: `file:line:column: severity: message [code]`. */
export function asText(printed: readonly Printed[]): string {
  return printed
    .map(
      ({ file, line, column, code, severity, message, action }) =>
        `${visible(file)}:${String(line)}:${String(column)}: ${severity}: ${visible(message)} ${visible(action)} [${code}]\n`,
    )
    .join('');
}

/** Counts findings: `2 errors, 1 warning, 0 notes`. */
export function totals(printed: readonly Printed[]): string {
  const count = (wanted: Finding['severity']): number => printed.filter(({ severity }) => severity === wanted).length;
  return [
    tn(count('error'), '{0} error', '{0} errors'),
    tn(count('warning'), '{0} warning', '{0} warnings'),
    tn(count('information'), '{0} note', '{0} notes'),
  ].join(', ');
}

/** Parts of a finding that only some have. */
interface PrintedDetails {
  readonly score?: number;
  readonly called?: boolean;
  readonly moreData?: MoreData;
}

/** Formats findings as a JSON list, one finding a line. */
export function asJson(printed: readonly (Printed & PrintedDetails)[]): string {
  const lines = printed.map(({ file, line, column, endColumn, code, severity, message, score, called, moreData }) =>
    JSON.stringify({ file, line, column, endColumn, code, severity, message, score, called, moreData }),
  );
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

const LEVELS = { error: 'error', warning: 'warning', information: 'notice' } as const;

/** Formats findings as workflow commands (https://docs.github.com/actions/reference/workflow-commands-for-github-actions). */
export function asAnnotations(printed: readonly Printed[]): string {
  return printed.map((finding) => `${annotation(finding)}\n`).join('');
}

function annotation({ file, line, column, endColumn, code, severity, message, action }: Printed): string {
  const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
  const at = `line=${String(line)},endLine=${String(line)},col=${String(column)},endColumn=${String(endColumn)}`;
  return `::${LEVELS[severity]} file=${property(file)},${at},title=${property(code)}::${data(`${visible(message)} ${visible(action)}`)}`;
}
