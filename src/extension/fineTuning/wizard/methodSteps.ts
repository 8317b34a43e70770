import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { whyNoTraining, type Connection } from '../../../core/provider/connection.ts';
import { profileOf } from '../../../core/provider/profiles.ts';
import { kinship } from '../../../core/dataset/fileNames.ts';
import type { Problem, Result } from '../../../core/base/result.ts';
import { parseGraderFile, type CheckedGrader } from '../../../core/training/graderSchema.ts';
import type { MethodName } from '../../../core/training/job.ts';
import { whyNotComputed } from '../../../core/training/computedGraders.ts';
import { createGrader } from '../newGrader.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import type { Ui } from '../../ui/ui.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import { openLine } from '../../datasets/findings.ts';
import type { TuningPlan } from './tuningPlan.ts';
import type { WizardServices } from './tuningPlan.ts';

/** Title of a training method. */
export function methodTitle(method: MethodName): string {
  switch (method) {
    case 'supervised':
      return t('Supervised');
    case 'dpo':
      return t('Preference (DPO)');
    case 'reinforcement':
      return t('Reinforcement (RFT)');
  }
}

/** Reason in one sentence why a connection cannot train by this method; null when none is known. */
export function whyNotThere(connection: Connection, method: MethodName): string | null {
  const capability = whyNoTraining(connection);
  if (capability !== null) return capability;
  if (profileOf(connection.kind).methods.includes(method)) return null;
  switch (method) {
    case 'supervised':
      return t('{0} does not support supervised fine-tuning.', connection.name);
    case 'dpo':
      return t('{0} does not support preference fine-tuning (DPO).', connection.name);
    case 'reinforcement':
      return t('{0} does not support reinforcement fine-tuning (RFT).', connection.name);
  }
}

/** Shows the method, which follows from the form of the rows. */
export async function askMethod(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const name = path.basename(plan.training);
  const [placeholder, description] =
    plan.method === 'dpo'
      ? [
          t('The rows of {0} are pairs of a better and a worse answer', name),
          t('learns to prefer one answer over the other'),
        ]
      : plan.method === 'supervised'
        ? [t('The rows of {0} are chats with their answers', name), t('learns to answer as the rows do')]
        : [
            t('The rows of {0} are questions without answers, for a grader', name),
            t('learns to score well with a grader'),
          ];
  await ui.pick<null>({ placeholder, choices: [{ label: methodTitle(plan.method), description, value: null }] });
  return plan;
}

const LARGEST_GRADER = 1e6;
const MOST_FILES = 500;

type GraderPick =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'new' } | { readonly kind: 'browse' };

/** Folder of a file within the workspace; empty for the workspace folder itself. */
function folderOf(file: string): string {
  const folder = path.dirname(vscode.workspace.asRelativePath(file));
  return folder === '.' ? '' : plainText(folder);
}

/** Asks for the grader of a reinforcement job, a JSON file of the workspace or a new one, and checks it against the rows. */
export async function askGrader(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const files = await graderFiles(plan);
  const choices: Choice<GraderPick>[] = [
    ...files.map(({ file, grader }) => ({
      label: plainText(path.basename(file)),
      description: [grader.type, folderOf(file)].filter(Boolean).join(' · '),
      detail: plainText(grader.name),
      value: { kind: 'file' as const, path: file },
    })),
    { label: `$(new-file) ${t('New grader file…')}`, alwaysShow: true, value: { kind: 'new' } },
    { label: `$(folder-opened) ${t('Another file…')}`, alwaysShow: true, value: { kind: 'browse' } },
  ];
  const chosen = await ui.pick<GraderPick>({
    placeholder: t('Which grader scores the answers?'),
    choices,
    active: (value) => value.kind === 'file' && value.path === plan.grader?.path,
  });
  if (chosen.kind === 'new') {
    await createGrader(services.ui, path.dirname(plan.training), plan.training);
    // The user has to complete the grader first, and starts from the dataset afterwards.
    throw new Cancelled();
  }
  const file = chosen.kind === 'file' ? chosen.path : await browseForGrader(services.ui);
  const grader = await readGrader(file);
  if (!grader.ok) {
    await offerGrader(services.ui, file, `${grader.error.message} ${grader.error.action}`);
    throw new Cancelled();
  }
  const refused = whyNoGrader(plan.connection, grader.value.value);
  if (refused !== null) {
    await offerGrader(services.ui, file, `${refused.message} ${refused.action}`);
    throw new Cancelled();
  }
  await refuseMissingFields(services, plan.training, file);
  return { ...plan, grader: { ...grader.value, path: file } };
}

/** Reason why a connection does not take a grader; null when none is known. */
export function whyNoGrader({ kind }: Connection, grader: unknown): Problem | null {
  return profileOf(kind).graders === 'computed' ? whyNotComputed(grader) : null;
}

async function browseForGrader(ui: Ui): Promise<string> {
  const [picked] =
    (await ui.openDialog({
      title: t('Choose the Grader'),
      canSelectMany: false,
      filters: { [t('Graders')]: ['json'] },
    })) ?? [];
  if (!picked) throw new Cancelled();
  return picked.fsPath;
}

/** Graders among the JSON files of the workspace; those named like the dataset come first. */
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
        message: t('{0} cannot be read.', path.basename(file)),
        action: t('Choose another file.'),
      },
    };
  }
}

async function offerGrader(ui: Ui, file: string, why: string): Promise<void> {
  const open = t('Open Grader');
  const choice = await ui.notify('error', inert(t('{0}: {1}', path.basename(file), why)), open);
  if (choice === open) await vscode.window.showTextDocument(vscode.Uri.file(file));
}

/** Checks that every row has the fields of the grader's templates; a missing field fails the job after it was paid for. */
export async function refuseMissingFields(
  services: Pick<WizardServices, 'datasets' | 'ui'>,
  dataset: string,
  grader: string,
): Promise<void> {
  const name = path.basename(grader);
  const check = await withCancel(services.ui, t('Checking {0} against {1}…', path.basename(dataset), name), (signal) =>
    services.datasets.check(
      { path: dataset },
      { disk: null, forTraining: false, limit: 1000, grader: { file: grader } },
      signal,
    ),
  );
  const missing = check.findings.filter(({ code }) => code === 'grader-field-missing');
  const [first] = missing;
  if (!first) return;
  const line = String(first.line);
  const more = missing.length - 1;
  const open = t('Go to Line {0}', line);
  const openGrader = t('Open Grader');
  const text = [
    t('Line {0} of {1}: {2}', line, path.basename(dataset), first.message),
    ...(more > 0 ? [tn(more, 'There is {0} more such problem.', 'There are {0} more such problems.')] : []),
    first.action,
  ].join(' ');
  const choice = await services.ui.notify('error', inert(text), open, openGrader);
  if (choice === open) await openLine(dataset, first.line, first.column, first.endColumn);
  if (choice === openGrader) await vscode.window.showTextDocument(vscode.Uri.file(grader));
  throw new Cancelled();
}

/** Reads the grader right before the start, since its file may have changed after the choice. */
export async function graderNow(services: Pick<WizardServices, 'datasets' | 'ui'>, plan: TuningPlan): Promise<unknown> {
  if (plan.method !== 'reinforcement') return undefined;
  if (plan.grader === null) {
    throw new ProblemError({
      code: 'no-grader',
      message: t('A reinforcement job needs a grader.'),
      action: t('Choose one in the summary.'),
    });
  }
  const { path: file, value } = plan.grader;
  const refused = whyNoGrader(plan.connection, value);
  if (refused !== null) throw new ProblemError(refused);
  // A grader of another job graded the same rows before.
  if (file === null) return value;
  const grader = await readGrader(file);
  if (!grader.ok) throw new ProblemError(grader.error);
  const unfit = whyNoGrader(plan.connection, grader.value.value);
  if (unfit !== null) throw new ProblemError(unfit);
  await refuseMissingFields(services, plan.training, file);
  return grader.value.value;
}
