// Commands that write new files beside a dataset. None of them changes the file it was called on.
import { rename } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { listOf, t, tn } from '../../../core/base/messages.ts';
import type { ColumnMapping, TableFacts } from '../../../core/dataset/transform/convert.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import type { Conversion } from '../../../protocol/datasetWorker.ts';
import { offerToSave, TABLE, toPath } from '../files.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import type { Services } from '../../services.ts';
import { askForNumber, besides, chooseOne, createdText, tellCreated } from './chooseFiles.ts';
import type { Ui } from '../../ui/ui.ts';

export type NewFileServices = Pick<Services, 'datasets' | 'ui'>;

/** Usual shares; `words` go into the names of the files. */
const splits = () =>
  [
    { label: t('80% training, 20% validation'), shares: [0.8, 0.2], words: ['train', 'validation'] },
    {
      label: t('80% training, 10% validation, 10% test'),
      shares: [0.8, 0.1, 0.1],
      words: ['train', 'validation', 'test'],
    },
    { label: t('90% training, 10% test'), shares: [0.9, 0.1], words: ['train', 'test'] },
  ] as const;

const OWN = /^(\d{1,2})\s*[/,: ]\s*(\d{1,2})(?:\s*[/,: ]\s*(\d{1,2}))?$/;

/** Shares in percent from `70/15/15`: two or three, together 100; null when they are not. */
export function sharesOf(text: string): readonly number[] | null {
  const match = OWN.exec(text.trim());
  if (match === null) return null;
  const percents = (match.slice(1) as (string | undefined)[]).flatMap((part) =>
    part === undefined ? [] : Number(part),
  );
  const sum = percents.reduce((a, b) => a + b, 0);
  return sum === 100 && !percents.includes(0) ? percents.map((percent) => percent / 100) : null;
}

const anySeed = (): null => null;

export async function splitDataset({ datasets, ui }: NewFileServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(ui, args);
  const title = t('Split {0}', path.basename(file));
  const own = { label: t('Other shares…'), shares: null, words: null };
  const choice = await ui.pick([...splits(), own], {
    title,
    placeHolder: t('Rows with the same question stay together; a few short answers are spread evenly'),
    ignoreFocusOut: true,
  });
  if (!choice) throw new Cancelled();
  const shares = choice.shares ?? (await askForShares(ui, title));
  const words = choice.words ?? ['train', 'validation', 'test'].slice(0, shares.length);
  const seed = await askForNumber(ui, title, t('Seed: the same seed gives the same parts'), '0', anySeed);
  const files = await besides(file, words);
  const parts = files.map((name, index) => ({ file: name, share: shares[index] ?? 0 }));
  const rows = await withCancel(ui, t('Splitting {0}…', path.basename(file)), (signal) =>
    datasets.splitParts(file, parts, seed, signal),
  );
  tellCreated(ui, createdText(files.map((name, index) => ({ file: name, rows: rows[index] ?? 0 }))), files[0] ?? file);
}

async function askForShares(ui: Ui, title: string): Promise<readonly number[]> {
  const text = await ui.input({
    title,
    prompt: t('Percentages for training, validation and, optionally, test'),
    value: '70/15/15',
    ignoreFocusOut: true,
    validateInput: (input) =>
      sharesOf(input) === null ? t('Enter two or three shares that add up to 100, such as 70/15/15.') : null,
  });
  const shares = text === undefined ? null : sharesOf(text);
  if (shares === null) throw new Cancelled();
  return shares;
}

export async function sampleDataset({ datasets, ui }: NewFileServices, args: readonly unknown[]): Promise<void> {
  const file = await chooseOne(ui, args);
  const title = t('Sample or Shuffle {0}', path.basename(file));
  const choice = await ui.pick(
    [
      { label: t('Some lines at random, in their order'), rows: true, shuffle: false, word: 'sample' },
      { label: t('Some lines at random, shuffled'), rows: true, shuffle: true, word: 'sample' },
      { label: t('All lines, shuffled'), rows: false, shuffle: true, word: 'shuffled' },
    ],
    { title, placeHolder: t('Choose the lines to write to a new file'), ignoreFocusOut: true },
  );
  if (!choice) throw new Cancelled();
  const rows = choice.rows
    ? await askForNumber(ui, title, t('Number of lines'), '100', (value) => (value > 0 ? null : t('Enter 1 or more.')))
    : null;
  const seed = await askForNumber(ui, title, t('Seed: the same seed gives the same lines'), '0', anySeed);
  const [target = file] = await besides(file, [choice.word]);
  const written = await withCancel(ui, t('Writing {0}…', path.basename(target)), (signal) =>
    datasets.sample(file, target, { rows, shuffle: choice.shuffle, seed }, signal),
  );
  const name = path.basename(target);
  tellCreated(ui, tn(written, 'Created {1} ({0} line).', 'Created {1} ({0} lines).', name), target);
}

/** Converts CSV and TSV, with columns to choose; JSON lists and other forms as they are. */
export async function convertDataset({ datasets, ui }: NewFileServices, args: readonly unknown[]): Promise<void> {
  const [clicked, form] = args;
  const uri = clicked instanceof vscode.Uri ? clicked : await askForSource(ui);
  const file = toPath(uri);
  const title = t('Convert {0} to Chat JSONL', path.basename(file));
  await offerToSave(ui, [file]);
  const facts = form !== TABLE && /\.(?:jsonl?|ndjson)$/i.test(file) ? null : await datasets.tableOf(file);
  if (facts !== null && facts.columns.length < 2) {
    throw new ProblemError({
      code: 'one-column',
      message: inert(t('{0} has only one column, but a question and an answer are needed.', path.basename(file))),
      action: t('Choose a file with two or more columns.'),
    });
  }
  const table = facts === null ? null : { delimiter: facts.delimiter, mapping: await askForColumns(ui, title, facts) };
  const [target = file] = await besides(file, ['chat']);
  const result = await withCancel(ui, t('Converting {0} to Chat JSONL…', path.basename(file)), (signal) =>
    datasets.convert(file, target, table, signal),
  );
  const created = result.kind === 'preference' ? await renamed(target, file) : target;
  tellCreated(ui, conversionText(path.basename(created), result), created);
}

/** Preference pairs are no chat examples: their file is named after the training that takes them. */
async function renamed(target: string, file: string): Promise<string> {
  const [better = target] = await besides(file, ['dpo']);
  await rename(target, better);
  return better;
}

/** Most reasons and keys that are named one by one. */
const MAX_NAMED = 3;

/** Sentences about a conversion: what was made, what was left out, and why. */
export function conversionText(name: string, { converted, skipped, reasons, leftOut, kind }: Conversion): string {
  const created =
    kind === 'preference'
      ? tn(converted, 'Created {1} ({0} preference pair).', 'Created {1} ({0} preference pairs).', name)
      : tn(converted, 'Created {1} ({0} example).', 'Created {1} ({0} examples).', name);
  const [first, ...others] = reasons ?? [];
  if (first === undefined) return [created, ...leftOutText(leftOut)].join(' ');
  const left =
    others.length === 0
      ? [
          tn(
            skipped,
            '{0} row was left out, on line {1}: {2}',
            '{0} rows were left out, the first on line {1}: {2}',
            first.line,
            first.reason,
          ),
        ]
      : [
          t('{0} rows were left out.', skipped),
          ...[first, ...others]
            .slice(0, MAX_NAMED)
            .map(({ rows, line, reason }) =>
              tn(rows, '{0} row, on line {1}: {2}', '{0} rows, the first on line {1}: {2}', line, reason),
            ),
        ];
  const rest = others.length + 1 - MAX_NAMED;
  const more = rest > 0 ? [tn(rest, 'There is {0} more reason.', 'There are {0} more reasons.')] : [];
  return [created, ...left, ...more, ...leftOutText(leftOut)].join(' ');
}

export function leftOutText(leftOut: Conversion['leftOut']): readonly string[] {
  if (leftOut === undefined) return [];
  const keys = leftOut.slice(0, MAX_NAMED).map(({ key }) => inert(key));
  const rest = leftOut.length - keys.length;
  if (rest > 0)
    return [
      tn(
        rest,
        'Keys that were left out: {1} and {0} more.',
        'Keys that were left out: {1} and {0} more.',
        keys.join(', '),
      ),
    ];
  return [tn(keys.length, 'A key was left out: {1}.', 'Keys that were left out: {1}.', listOf(keys))];
}

async function askForSource(ui: Ui): Promise<vscode.Uri> {
  const active = vscode.window.activeTextEditor?.document.uri;
  if (active?.scheme === 'file' && /\.(?:csv|tsv|json|jsonl|ndjson)$/i.test(active.path)) return active;
  const [picked] =
    (await ui.openDialog({
      title: t('Choose a file to convert'),
      canSelectMany: false,
      filters: { [t('Tables and JSON')]: ['csv', 'tsv', 'txt', 'json', 'jsonl', 'ndjson'] },
    })) ?? [];
  if (!picked) throw new Cancelled();
  return picked;
}

async function askForColumns(ui: Ui, title: string, { columns, suggested }: TableFacts): Promise<ColumnMapping> {
  const ask = async (placeHolder: string, names: readonly string[], first: string | null): Promise<string> => {
    const ordered = [...names].sort((a, b) => Number(b === first) - Number(a === first));
    const items = ordered.map((name) => ({ label: plainText(name), name }));
    const choice = await ui.pick(items, { title, placeHolder, ignoreFocusOut: true });
    if (!choice) throw new Cancelled();
    return choice.name;
  };
  const user = await ask(t('Choose the column with the questions (user)'), columns, suggested?.user ?? null);
  const rest = columns.filter((name) => name !== user);
  const assistant = await ask(t('Choose the column with the answers (assistant)'), rest, suggested?.assistant ?? null);
  return { user, assistant, system: suggested?.system ?? null };
}
