import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { isOver } from '../../../evals/plan.ts';
import type { RegisteredRun } from '../../../evals/registry.ts';
import { COMMANDS } from '../../contributions.ts';
import { offerToSave, toPath } from '../../datasets/files.ts';
import { Cancelled, ProblemError, type Remedy } from '../../ui/errors.ts';
import { requireTrust } from '../../ui/trust.ts';
import { askingPrice } from '../askingPrice.ts';
import { askingsOf, confirmStart, nothingToGrade, warningsOf } from '../commands/askings.ts';
import { resumeEvaluation } from '../commands/evaluateModel.ts';
import { consequencesOf } from '../commands/takeOver.ts';
import { prepareRun, startPrepared, type EvaluateServices, type Planned } from '../commands/startRun.ts';
import { inspectTestFile } from '../wizard/evaluationSteps.ts';
import { relationTo } from '../wizard/trainedOn.ts';
import { checkEvaluationFile, type CheckedFile, type FileFinding } from './checkEvaluationFile.ts';

/** Runs an evaluation file: the one that the command was called on, or the one of the active editor. */
export async function runEvaluationFile(services: EvaluateServices, arg: unknown): Promise<void> {
  requireTrust();
  const file = fileOf(arg);
  await offerToSave(services.ui, [file]);
  const checked = await readEvaluationFile(services, file);
  const { spec, testFile, trainingFile, connections } = checked;
  await offerToSave(services.ui, [testFile, trainingFile]);
  const summary = await inspectTestFile(services, testFile);
  const relation = trainingFile === null ? null : await relationTo(services, testFile, trainingFile);
  const planned: Planned = {
    spec,
    name: path.basename(file),
    testFile,
    training: trainingFile,
    summary,
    connections,
    trainedOn: relation?.trainedOn ?? null,
    needsTraining: true,
  };
  const prepared = await prepareRun(services, planned);
  const earlier = await earlierRun(services, prepared.config.fingerprint);
  if (earlier !== null && (await resumes(services, earlier))) return;
  const askings = askingsOf(spec, connections, summary);
  const nothing = (): ProblemError => nothingToGrade(spec, path.basename(testFile));
  const notes = warningsOf(spec, summary, planned.trainedOn, relation?.formats ?? []);
  if (!(await confirmStart(services, askings, nothing, notes, t("Don't Start")))) throw new Cancelled();
  await startPrepared(services, prepared, askingPrice(askings).usd);
}

function fileOf(arg: unknown): string {
  const uri = arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
  if (uri !== undefined && /\.eval\.json$/i.test(uri.path)) return toPath(uri);
  throw new ProblemError({
    code: 'no-evaluation-file',
    message: t('No evaluation file (*.eval.json) is open.'),
    action: t('Open one, or choose this command from its context menu in the Explorer.'),
  });
}

/** Reads and checks an evaluation file. @throws ProblemError that names the line of the first problem */
async function readEvaluationFile({ connections }: EvaluateServices, file: string): Promise<CheckedFile> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new ProblemError({
      code: 'file-unreadable',
      message: t('{0} cannot be read.', path.basename(file)),
      action: t('Check the path.'),
    });
  });
  const checked = await checkEvaluationFile(text.replace(/^\uFEFF/, ''), file, await connections.list());
  if (checked.ok) return checked.value;
  const [first] = checked.error;
  if (first === undefined) throw new Error('A file is refused without a problem.');
  throw new ProblemError(first, remedyOf(first), goTo(file, text, first));
}

function remedyOf({ code }: FileFinding): Remedy | undefined {
  return code === 'connection-unknown' ? { title: t('Add Connection…'), command: COMMANDS.addConnection } : undefined;
}

function goTo(file: string, text: string, { place }: FileFinding): Remedy {
  const before = text.slice(0, place?.start ?? 0).split('\n');
  const at = new vscode.Position(before.length - 1, before.at(-1)?.length ?? 0);
  return {
    title: t('Go to Line'),
    run: async () => {
      await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(at, at) });
    },
  };
}

/** Newest run of the same evaluation that has not ended; null without one. */
async function earlierRun({ runs }: EvaluateServices, fingerprint: string | undefined): Promise<RegisteredRun | null> {
  await runs.load();
  const found = runs.list().find(({ config }) => config.fingerprint === fingerprint);
  return found === undefined || isOver(found) ? null : found;
}

/** Goes on with an earlier run when the user wants it. Returns false for a new run. */
async function resumes(services: EvaluateServices, earlier: RegisteredRun): Promise<boolean> {
  const { config, status, answered } = earlier;
  if (status === 'running' || services.runs.get(config.id)?.isActive === true) {
    await services.panels.openRun(config.id);
    return true;
  }
  const leftBehind = consequencesOf(earlier);
  const resume = t('Resume');
  const choice = await services.ui.modal(
    t('Resume the interrupted run of {0}?', config.name),
    leftBehind ??
      (answered === null
        ? t('The rows that it has are not requested, or paid for, again.')
        : t(
            'It has {0} of {1} rows, which are not requested, or paid for, again.',
            answered,
            config.testFile.items * config.contestants.length,
          )),
    resume,
    t('Start a New Run'),
  );
  if (choice === undefined) throw new Cancelled();
  if (choice !== resume) return false;
  await resumeEvaluation(services, { runId: config.id }, { isAgreed: true });
  return true;
}
