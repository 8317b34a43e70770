// The questions of an import, each behind a line of its summary.
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { safeFileName } from '../../../core/base/fileName.ts';
import { t } from '../../../core/base/messages.ts';
import { nameOfDataset } from '../../../core/dataset/hub/datasetId.ts';
import type { DatasetPart, HubDataset } from '../../../hub/hubDataset.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { SUMMARY, type SummaryWizard } from '../../ui/summaryWizard.ts';
import type { Ui } from '../../ui/ui.ts';
import {
  columnsInWords,
  convertsByItself,
  downloadBytes,
  MAX_DOWNLOAD,
  partInWords,
  rowsInWords,
  rowsOfPart,
  writtenBytes,
  type ImportPlan,
  type MeasuredPart,
} from './importPlan.ts';

/** Rows that are proposed as a limit. */
const LIMITS = [1000, 10_000, 100_000] as const;

export interface ImportPlaces {
  readonly ui: Ui;
  readonly host: string;
  /** Folder for the new file; null: the user is asked. */
  readonly folder: string | null;
  readonly measure: (dataset: HubDataset, part: DatasetPart) => Promise<MeasuredPart>;
}

export function importWizard(places: ImportPlaces): SummaryWizard<ImportPlan> {
  return {
    title: t('Import Dataset from the Hub'),
    summary: (plan, ui) => showSummary(plan, ui, places),
    questions: {
      part: async (plan, ui) => {
        const part = await askPart(plan.dataset, ui);
        const measured = await places.measure(plan.dataset, part);
        return planFor(plan.dataset, measured, places.folder);
      },
      columns: askColumns,
      rows: askRows,
      target: async (plan) => ({ ...plan, target: await askTarget(plan, places) }),
    },
    order: ['columns', 'target'],
    isAnswered: (question, plan) =>
      question === 'columns' ? plan.mapping !== null || convertsByItself(plan.part) : plan.target !== null,
  };
}

/** The plan with what can be proposed. */
export function planFor(dataset: HubDataset, part: MeasuredPart, folder: string | null): ImportPlan {
  const plan = { dataset, part, mapping: null, limit: null };
  return { ...plan, target: folder === null ? null : freeName(folder, plan) };
}

/** Rows of one configuration and split, or one file of the repository. */
export async function askPart({ id, parts }: HubDataset, ui: StepUi): Promise<DatasetPart> {
  const choices: readonly Choice<DatasetPart>[] = parts.map((part) => ({
    label: plainText(part.split),
    description: part.config === null ? t('file of the repository') : plainText(part.config),
    value: part,
  }));
  return await ui.pick({ placeholder: t('Choose the configuration and split of {0}', plainText(id)), choices });
}

async function showSummary(plan: ImportPlan, ui: StepUi, { host }: ImportPlaces): Promise<ImportPlan> {
  const { dataset, part, target } = plan;
  const bytes = downloadBytes(plan);
  const isTooLarge = bytes > MAX_DOWNLOAD;
  const hasRows = rowsOfPart(part) !== null;
  const lines: readonly (Choice<string> | vscode.QuickPickItem)[] = [
    {
      label: `$(play) ${t('Import')}`,
      description: isTooLarge
        ? t('{0} are too much: choose how many rows', bytesInWords(bytes))
        : t('downloads {0} from {1}', bytesInWords(bytes), host),
      value: isTooLarge ? (hasRows ? 'rows' : 'part') : 'import',
    },
    { label: t('Dataset'), kind: vscode.QuickPickItemKind.Separator },
    {
      label: t('Size'),
      description: t('{0} to download, about {1} as JSON Lines', bytesInWords(bytes), bytesInWords(writtenBytes(plan))),
      value: hasRows ? 'rows' : SUMMARY,
    },
    { label: t('Rows'), description: rowsInWords(plan), value: hasRows ? 'rows' : SUMMARY },
    {
      label: t('License'),
      description: dataset.license === null ? t('not named: see its page') : plainText(dataset.license),
      value: SUMMARY,
    },
    { label: t('Access'), description: accessInWords(dataset), value: SUMMARY },
    {
      label: t('Version'),
      description: t('{0}, commit {1}', plainText(dataset.id), dataset.revision.slice(0, 10)),
      value: SUMMARY,
    },
    { label: t('Settings'), kind: vscode.QuickPickItemKind.Separator },
    {
      label: t('Split'),
      description: partInWords(part),
      value: dataset.parts.length > 1 ? 'part' : SUMMARY,
    },
    { label: t('Columns'), description: columnsInWords(plan), value: 'columns' },
    {
      label: t('File'),
      description: target === null ? '' : plainText(vscode.workspace.asRelativePath(target)),
      value: 'target',
    },
  ];
  const choice = await ui.pick<string>({
    placeholder: t('Nothing is downloaded before you choose Import'),
    choices: lines,
  });
  return choice === 'import' ? plan : ui.goTo(choice, plan);
}

function accessInWords({ gated, private: isPrivate }: HubDataset): string {
  if (gated) return t('gated: for accounts that accepted its terms');
  return isPrivate ? t('private') : t('open to everybody');
}

async function askColumns(plan: ImportPlan, ui: StepUi): Promise<ImportPlan> {
  const { choice } = plan.part.look;
  if (convertsByItself(plan.part)) {
    const byItself = {
      label: t('By the form of the rows'),
      description: columnsInWords({ ...plan, mapping: null }),
      value: true,
    };
    const own = { label: t('Choose columns…'), description: t('a question and its answer'), value: false };
    if (await ui.pick({ placeholder: t('Choose what becomes of the columns'), choices: [byItself, own] }))
      return { ...plan, mapping: null };
  }
  if (choice.columns.length < 2)
    throw new ProblemError({
      code: 'one-column',
      message: inert(
        t('{0} has no two columns with texts or numbers, but a question and an answer are needed.', plan.dataset.id),
      ),
      action: t('Choose another split or dataset.'),
    });
  const ask = async (placeholder: string, names: readonly string[], likely: string | null): Promise<string> => {
    const ordered = [...names].sort((a, b) => Number(b === likely) - Number(a === likely));
    return await ui.pick({ placeholder, choices: ordered.map((name) => ({ label: plainText(name), value: name })) });
  };
  const { columns, suggested } = choice;
  const user = await ask(t('Choose the column with the questions (user)'), columns, suggested?.user ?? null);
  const rest = columns.filter((name) => name !== user);
  const assistant = await ask(t('Choose the column with the answers (assistant)'), rest, suggested?.assistant ?? null);
  const system = suggested?.system ?? null;
  return { ...plan, mapping: { user, assistant, system: system === user || system === assistant ? null : system } };
}

async function askRows(plan: ImportPlan, ui: StepUi): Promise<ImportPlan> {
  const all = rowsOfPart(plan.part)?.rows ?? 0;
  const sizeOf = (limit: number | null): string =>
    t('{0} to download', bytesInWords(downloadBytes({ ...plan, limit })));
  const choice = await ui.pick<number | null | 'other'>({
    placeholder: t('Choose how many rows are read, from the first one on'),
    choices: [
      { label: t('All rows'), description: sizeOf(null), value: null },
      ...LIMITS.filter((limit) => limit < all).map((limit) => ({
        label: t('The first {0}', limit),
        description: sizeOf(limit),
        value: limit,
      })),
      { label: t('Another number…'), value: 'other' },
    ],
  });
  if (choice !== 'other') return { ...plan, limit: choice };
  const typed = await ui.input({
    prompt: t('Number of rows'),
    value: String(plan.limit ?? Math.min(all, LIMITS[0])),
    validate: (text) => (/^[1-9]\d{0,9}$/.test(text.trim()) ? null : t('Enter a whole number.')),
  });
  const limit = Number(typed);
  return { ...plan, limit: limit >= all && rowsOfPart(plan.part)?.exact === true ? null : limit };
}

async function askTarget(plan: ImportPlan, { ui, folder }: ImportPlaces): Promise<string> {
  const proposed = plan.target ?? path.join(folder ?? '', fileName(plan));
  const chosen = await ui.saveDialog({
    title: t('Import Dataset from the Hub'),
    saveLabel: t('Choose File'),
    defaultUri: vscode.Uri.file(proposed),
    filters: { [t('Datasets')]: ['jsonl'] },
  });
  if (chosen === undefined) throw new Cancelled();
  if (chosen.scheme !== 'file')
    throw new ProblemError({
      code: 'not-on-disk',
      message: t('Datasets are imported into folders on disk only.'),
      action: t('Choose a folder on disk.'),
    });
  return /\.(?:jsonl|ndjson)$/i.test(chosen.fsPath) ? chosen.fsPath : `${chosen.fsPath}.jsonl`;
}

/** `no_robots.train.jsonl`: the dataset, its configuration where it has several, and the split. */
function fileName({ dataset, part }: Pick<ImportPlan, 'dataset' | 'part'>): string {
  const configs = new Set(dataset.parts.map(({ config }) => config));
  const split = part.config === null ? path.posix.basename(part.split).replace(/\.\w+$/, '') : part.split;
  const words = [nameOfDataset(dataset.id), ...(configs.size > 1 ? [part.config ?? ''] : []), split];
  const purpose = part.look.preview?.kind === 'preference' ? ['dpo'] : [];
  return `${[...words, ...purpose]
    .filter((word) => word !== '')
    .map(safeFileName)
    .join('.')}.jsonl`;
}

function freeName(folder: string, plan: Pick<ImportPlan, 'dataset' | 'part'>): string {
  const name = fileName(plan);
  for (let number = 1; ; number += 1) {
    const file = path.join(folder, number === 1 ? name : name.replace(/\.jsonl$/, `-${String(number)}.jsonl`));
    if (!existsSync(file)) return file;
  }
}
