import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { EvalFile } from '../../../core/evaluation/evalFile.ts';
import { evalFileText } from '../../../core/evaluation/evalFileText.ts';
import { connectionsNamed } from '../../../connections/named.ts';
import type { Services } from '../../services.ts';
import { connectionsOf, specOf, type FullPlan } from './evaluationPlan.ts';

type SaveServices = Pick<Services, 'connections' | 'datasets' | 'ui'>;

/** Writes the plan as an evaluation file that runs the same; nothing when the dialog is closed. */
export async function saveEvaluationFile(services: SaveServices, plan: FullPlan): Promise<void> {
  const { dir, name } = path.parse(plan.testFile);
  const base = name.replace(/[._-]test$/i, '');
  const target = await services.ui.saveDialog({
    title: t('Save Evaluation'),
    defaultUri: vscode.Uri.file(path.join(dir, `${base}.eval.json`)),
    filters: { [t('Evaluations')]: ['json'] },
  });
  if (target === undefined) return;
  const source = await unchangedSource(services, plan);
  const spec = await fileSpec(services, plan, path.dirname(target.fsPath), source);
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(evalFileText(spec)));
  services.ui.status(`$(save) ${t('{0} was saved', path.basename(target.fsPath))}`, 5000);
  if (plan.training !== null && source === null) {
    const text = t(
      'The training file is no longer as it was, so {0} names the copy on this machine.',
      path.basename(target.fsPath),
    );
    // Not awaited: it may stay on the screen for long.
    void services.ui.notify('information', text);
  }
}

/** Evaluation with paths relative to a folder, and connections by their names. @param source the training file that the user knows */
export async function fileSpec(
  { connections }: Pick<Services, 'connections'>,
  plan: FullPlan,
  folder: string,
  source: string | null,
): Promise<EvalFile> {
  const spec = specOf(plan);
  const all = await connections.list();
  const used = connectionsOf(plan);
  const relative = (file: string): string => path.relative(folder, file).split(path.sep).join('/');
  return {
    ...spec,
    testFile: relative(plan.testFile),
    trainingFile: source === null ? plan.training : relative(source),
    contestants: spec.contestants.map((one) => {
      const connection = used.get(one.label);
      if ('floor' in one || connection === undefined) return one;
      const { label, model } = one;
      // Without a connection the file means this machine.
      if (connection.kind === 'local') return { label, model };
      const isOne = connectionsNamed(connection.name, all).length === 1;
      return { label, model, connection: isOne ? connection.name : connection.id };
    }),
  };
}

/** Dataset that the user chose for the job, if it still has the bytes that were uploaded. */
async function unchangedSource({ datasets }: Pick<Services, 'datasets'>, plan: FullPlan): Promise<string | null> {
  const source = plan.target.record?.local.sourcePath ?? null;
  if (source === null || plan.training === null) return null;
  try {
    const [now, then] = await Promise.all(
      [source, plan.training].map((file) => datasets.inspect({ path: file }, { countTokens: false })),
    );
    return now?.sha256 === then?.sha256 ? source : null;
  } catch {
    return null;
  }
}
