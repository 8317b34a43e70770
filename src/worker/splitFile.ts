import { basename } from 'node:path';
import { t, tn } from '../core/base/messages.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import { hashText, promptKey } from '../core/dataset/identity.ts';
import { labelOf, partition, partitionKey } from '../core/dataset/transform/partition.ts';
import { rowOfLine } from '../core/dataset/compare/row.ts';
import { splitRows } from '../core/dataset/transform/split.ts';
import { refuseSameFile, writeParts } from './partFiles.ts';
import { WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

export interface SplitTarget {
  readonly train: string;
  readonly validation: string;
}

/**
 * Writes the lines of `path` to two files, each in exactly one, byte for byte (line endings become LF, blank lines and a
 * byte order mark go). It reads the file twice and refuses when it has changed in between. Either both targets are
 * written and in place, or neither is touched.
 */
export async function splitFile(
  path: string,
  target: SplitTarget,
  options: { readonly validationShare: number; readonly seed: number; readonly sha256?: string },
  signal: AbortSignal,
): Promise<{ readonly train: number; readonly validation: number }> {
  refuseSameFile([path, target.train, target.validation]);
  const { keys, sha256 } = await readKeys(path, signal);
  if (options.sha256 !== undefined && options.sha256 !== sha256) {
    throw new WorkerProblem({
      code: 'dataset-changed',
      message: t('{0} was changed since it was checked, so nothing was uploaded.', basename(path)),
      action: t('Check it again, and start with the changed file.'),
    });
  }
  const chosen = splitRows(keys, options.validationShare, options.seed);
  const validation = chosen.filter(Boolean).length;
  if (validation === 0) {
    throw new WorkerProblem({
      code: 'cannot-split',
      message: t('The file cannot be split: all its examples have the same prompt.'),
      action: t('Choose a validation file, or continue without one.'),
    });
  }

  const targets = [target.train, target.validation];
  const before = { sha256, rows: keys.length };
  await writeParts(path, targets, (row) => (chosen[row] === true ? 1 : 0), before, signal);
  return { train: keys.length - validation, validation };
}

/**
 * Splits into several parts by their shares, each row in exactly one, equal prompts never in two; few short answers are
 * spread evenly (`partition`). Every part gets something. Returns the rows of each.
 */
export async function splitParts(
  path: string,
  parts: readonly { readonly file: string; readonly share: number }[],
  seed: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  refuseSameFile([path, ...parts.map(({ file }) => file)]);
  const { keys, labels, sha256 } = await readKeys(path, signal);
  const rows = keys.map((key, row) => ({ key, label: labels[row] ?? null }));
  const partOf = partition(rows, { shares: parts.map(({ share }) => share), seed });
  if (parts.some((_, part) => !partOf.includes(part))) throw cannotSplit(parts.length);
  const files = parts.map(({ file }) => file);
  return await writeParts(path, files, (row) => partOf[row] ?? 0, { sha256, rows: keys.length }, signal);
}

function cannotSplit(parts: number): WorkerProblem {
  return new WorkerProblem({
    code: 'cannot-split',
    message: tn(
      parts,
      'The file cannot be split into {0} part: it has too few different prompts.',
      'The file cannot be split into {0} parts: it has too few different prompts.',
    ),
    action: t('Split it into fewer parts, or add examples.'),
  });
}

/** One key for every non-blank line: that of its prompt, or of its text where it is no example. */
async function readKeys(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly keys: readonly string[]; readonly labels: readonly (number | null)[]; readonly sha256: string }> {
  const checker = createChecker({ minExamples: 0 });
  const keys: string[] = [];
  const labels: (number | null)[] = [];
  const { sha256 } = await readLines(
    { path },
    {
      signal,
      onLine: (line) => {
        const checked = checker.line(line);
        const error = checked.findings.find((finding) => finding.severity === 'error');
        if (checker.stopped || line.bytes === null) {
          throw new WorkerProblem({
            code: error?.code ?? 'cannot-split',
            message: error?.message ?? t('The file cannot be split.'),
            action: error?.action ?? t('Choose another file.'),
          });
        }
        if (checked.blank) return true;
        const row = rowOfLine(checked);
        labels.push(row === null ? null : labelOf(row));
        // Preference pairs and rows for reinforcement ask something too.
        if (checked.example !== null) keys.push(promptKey(checked.example));
        else if (row !== null) keys.push(`row ${String(partitionKey(row))}`);
        else keys.push(`line ${checked.text === null ? String(line.number) : hashText(checked.text)}`);
        return true;
      },
    },
  );
  const empty = checker.end().findings.find((finding) => finding.code === 'empty-file');
  if (empty !== undefined) throw new WorkerProblem({ code: empty.code, message: empty.message, action: empty.action });
  return { keys, labels, sha256 };
}
