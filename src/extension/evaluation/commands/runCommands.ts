import { t } from '../../../core/base/messages.ts';
import { storageProblem } from '../../../storage/storageProblem.ts';
import type { Services } from '../../services.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { chooseFormat, exportRows, exportRunFile } from '../export/exportRun.ts';
import { chooseOtherRun } from '../panel/guests.ts';
import { runTitle } from '../runTitle.ts';
import type { EvaluationsTree } from '../tree/evaluationsTree.ts';
import { runIdOf } from './runIdOf.ts';

type RunServices = Pick<Services, 'runs' | 'ui' | 'panels' | 'folder'>;

/** Compares two selected runs, or one with another that is asked for. */
export async function compareEvaluations(services: RunServices, args: readonly unknown[]): Promise<void> {
  const id = runIdOf(args[0]);
  const selected = Array.isArray(args[1]) ? args[1].flatMap((node: unknown) => idIn(node) ?? []) : [];
  const [other, ...more] = selected.filter((one) => one !== id);
  await services.runs.load();
  const run = services.runs.list().find(({ config }) => config.id === id);
  if (!run) return;
  const isPair = other !== undefined && more.length === 0;
  await services.panels.compareRuns(id, isPair ? other : await chooseOtherRun(services, run.config));
}

function idIn(node: unknown): string | null {
  try {
    return runIdOf(node);
  } catch {
    return null;
  }
}

export async function exportEvaluation({ runs, ui, panels }: RunServices, arg: unknown): Promise<void> {
  const id = runIdOf(arg);
  const format = await chooseFormat(ui);
  // The report's pictures are drawn by its page.
  if (format === 'markdown') {
    await panels.exportReport(id);
    return;
  }
  const opened = await runs.open(id);
  if (!opened.ok) throw new ProblemError(opened.error);
  try {
    if (format === 'run') await exportRunFile(ui, opened.value);
    else await exportRows(ui, opened.value, format);
  } finally {
    runs.close(opened.value);
  }
}

export async function renameEvaluation({ runs, ui, folder }: RunServices, arg: unknown): Promise<void> {
  const id = runIdOf(arg);
  await runs.load();
  const run = runs.list().find(({ config }) => config.id === id);
  if (!run) return;
  const name = await ui.input({
    title: t('Rename Evaluation'),
    prompt: t('Name in the Evaluations view. Leave empty for the names of its models.'),
    value: run.title ?? runTitle(run.config),
    validateInput: (value) => (value.length > 200 ? t('A name has at most {0} characters.', 200) : null),
  });
  if (name === undefined) throw new Cancelled();
  const trimmed = name.trim();
  try {
    await runs.rename(id, trimmed === runTitle(run.config) ? '' : trimmed);
  } catch (error) {
    const problem = storageProblem(error, folder);
    throw problem ? new ProblemError(problem) : error;
  }
}

export async function filterEvaluations(
  { ui }: Pick<Services, 'ui'>,
  tree: Pick<EvaluationsTree, 'filter' | 'setFilter'>,
): Promise<void> {
  const text = await ui.input({
    title: t('Filter Evaluations'),
    prompt: t('Words in the name, the models or the test file of an evaluation. Leave empty to show all.'),
    value: tree.filter,
  });
  if (text === undefined) throw new Cancelled();
  tree.setFilter(text);
}
