import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { whyNoTraining, type Connection } from '../../../core/provider/connection.ts';
import { profileOf } from '../../../core/provider/profiles.ts';
import { kinship } from '../../../core/dataset/fileNames.ts';
import type { Result } from '../../../core/base/result.ts';
import { parseGraderFile, type CheckedGrader } from '../../../core/training/graderSchema.ts';
import type { MethodName } from '../../../core/training/job.ts';
import { createGrader } from '../newGrader.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import type { Ui } from '../../ui/ui.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import { openLine } from '../../datasets/findings.ts';
import type { TuningPlan } from './tuningPlan.ts';
import type { WizardServices } from './tuningPlan.ts';

export const METHODS: Readonly<Record<MethodName, { readonly title: string; readonly what: string }>> = {
  supervised: { title: 'Supervised', what: 'learns the answers of the examples' },
  dpo: { title: 'Preference (DPO)', what: 'learns to prefer one answer over the other' },
  reinforcement: { title: 'Reinforcement (RFT)', what: 'learns to please a grader' },
};

/** Why this file cannot be trained on there, in a few words; null when it can be, as far as is known. */
export function whyNotThere(connection: Connection, method: MethodName): string | null {
  const capability = whyNoTraining(connection);
  if (capability !== null) return capability;
  if (profileOf(connection.kind).methods.includes(method)) return null;
  return `${connection.name} does not train by ${METHODS[method].title.toLowerCase().replace('(dpo)', '(DPO)').replace('(rft)', '(RFT)')}.`;
}

/** What the rows are for is told by their form: this step says so, and asks nothing of those who have chat examples. */
export async function askMethod(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const { title, what } = METHODS[plan.method];
  const rows =
    plan.method === 'dpo' ? 'pairs of a better and a worse answer' : 'questions without answers, for a grader';
  await ui.pick<null>({
    placeholder: `The rows of ${path.basename(plan.training)} are ${rows}`,
    choices: [{ label: title, description: what, value: null }],
  });
  return plan;
}

const LARGEST_GRADER = 1e6;
const MOST_FILES = 500;

type GraderPick =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'new' } | { readonly kind: 'browse' };

/** The grader of a reinforcement job: a JSON file of the workspace, or a new one. It is checked, and held against the rows. */
export async function askGrader(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const files = await graderFiles(plan);
  const choices: Choice<GraderPick>[] = [
    ...files.map(({ file, grader }) => ({
      label: plainText(path.basename(file)),
      description: `${grader.type} · ${plainText(vscode.workspace.asRelativePath(file))}`,
      detail: plainText(grader.name),
      value: { kind: 'file' as const, path: file },
    })),
    { label: '$(new-file) New grader file…', alwaysShow: true, value: { kind: 'new' } },
    { label: '$(folder-opened) Another file…', alwaysShow: true, value: { kind: 'browse' } },
  ];
  const chosen = await ui.pick<GraderPick>({
    placeholder: 'Which grader scores the answers?',
    choices,
    active: (value) => value.kind === 'file' && value.path === plan.grader?.path,
  });
  if (chosen.kind === 'new') {
    await createGrader(services.ui, path.dirname(plan.training), plan.training);
    // It has to be written before it can grade: the start goes on from the dataset afterwards.
    throw new Cancelled();
  }
  const file = chosen.kind === 'file' ? chosen.path : await browseForGrader(services.ui);
  const grader = await readGrader(file);
  if (!grader.ok) {
    await offerGrader(services.ui, file, `${grader.error.message} ${grader.error.action}`);
    throw new Cancelled();
  }
  await refuseMissingFields(services, plan.training, file);
  return { ...plan, grader: { ...grader.value, path: file } };
}

async function browseForGrader(ui: Ui): Promise<string> {
  const [picked] =
    (await ui.openDialog({
      title: 'Choose the Grader',
      canSelectMany: false,
      filters: { Graders: ['json'] },
    })) ?? [];
  if (!picked) throw new Cancelled();
  return picked.fsPath;
}

/** JSON files of the workspace that are graders, those that are called like the dataset first. */
async function graderFiles(
  plan: TuningPlan,
): Promise<readonly { readonly file: string; readonly grader: CheckedGrader }[]> {
  const found = await vscode.workspace.findFiles('**/*.json', '**/{node_modules,.git}/**', MOST_FILES);
  const files = found.filter(({ scheme }) => scheme === 'file').map(({ fsPath }) => fsPath);
  const chosen = plan.grader?.path ?? null;
  const listed = chosen === null || files.includes(chosen) ? files : [chosen, ...files];
  const read = await Promise.all(listed.map(async (file) => ({ file, grader: await readGrader(file) })));
  return read
    .flatMap(({ file, grader }) => (grader.ok ? [{ file, grader: grader.value }] : []))
    .sort((a, b) => kinship(plan.training, b.file) - kinship(plan.training, a.file) || a.file.localeCompare(b.file));
}

export async function readGrader(file: string): Promise<Result<CheckedGrader>> {
  try {
    const { size } = await stat(file);
    return parseGraderFile(size > LARGEST_GRADER ? '' : await readFile(file, 'utf8'));
  } catch {
    return {
      ok: false,
      error: {
        code: 'grader-unreadable',
        message: `${path.basename(file)} cannot be read.`,
        action: 'Choose another file.',
      },
    };
  }
}

async function offerGrader(ui: Ui, file: string, why: string): Promise<void> {
  const open = 'Open the Grader';
  const choice = await ui.notify('error', inert(`${path.basename(file)}: ${why}`), open);
  if (choice === open) await vscode.window.showTextDocument(vscode.Uri.file(file));
}

/** Every row must have what the grader's templates read; a missing field fails the job after it was paid for. */
export async function refuseMissingFields(
  services: Pick<WizardServices, 'datasets' | 'ui'>,
  dataset: string,
  grader: string,
): Promise<void> {
  const name = path.basename(grader);
  const check = await withCancel(services.ui, `Checking ${path.basename(dataset)} against ${name}…`, (signal) =>
    services.datasets.check(
      { path: dataset },
      { disk: null, forTraining: false, limit: 1000, grader: { file: grader } },
      signal,
    ),
  );
  const missing = check.findings.filter(({ code }) => code === 'grader-field-missing');
  const [first] = missing;
  if (!first) return;
  const more = missing.length > 1 ? ` (and ${String(missing.length - 1)} more)` : '';
  const open = `Open Line ${String(first.line)}`;
  const choice = await services.ui.notify(
    'error',
    inert(`Line ${String(first.line)} of ${path.basename(dataset)}: ${first.message}${more} ${first.action}`),
    open,
    'Open the Grader',
  );
  if (choice === open) await openLine(dataset, first.line, first.column, first.endColumn);
  if (choice === 'Open the Grader') await vscode.window.showTextDocument(vscode.Uri.file(grader));
  throw new Cancelled();
}

/** Right before the start, since the file may have been changed after it was chosen. */
export async function graderNow(services: Pick<WizardServices, 'datasets' | 'ui'>, plan: TuningPlan): Promise<unknown> {
  if (plan.method !== 'reinforcement') return undefined;
  if (plan.grader === null) {
    throw new ProblemError({
      code: 'no-grader',
      message: 'A reinforcement job needs a grader.',
      action: 'Choose one in the summary.',
    });
  }
  const { path: file, value } = plan.grader;
  // Of another job: it graded the same rows before.
  if (file === null) return value;
  const grader = await readGrader(file);
  if (!grader.ok) throw new ProblemError(grader.error);
  await refuseMissingFields(services, plan.training, file);
  return grader.value.value;
}
