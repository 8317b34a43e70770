import type * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { clock } from '../../../core/base/times.ts';
import type { RunConfig } from '../../../core/evaluation/types.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import type { EvaluationGuests } from '../../../protocol/evaluationPanel.ts';
import type { Services } from '../../services.ts';
import { Cancelled, ProblemError } from '../../ui/errors.ts';
import { plainText } from '../../ui/plainText.ts';
import { matchedItems } from './runItems.ts';
import { runTitle } from '../runTitle.ts';

/** Asks for another run to compare this one with: those of the same test file first. */
export async function chooseOtherRun(
  { runs, ui }: Pick<Services, 'runs' | 'ui'>,
  { id, testFile, grader }: RunConfig,
): Promise<string> {
  await runs.load();
  const others = runs.list().filter(({ config }) => config.id !== id && config.grader === grader);
  const isSame = ({ config }: (typeof others)[number]): boolean => config.testFile.sha256 === testFile.sha256;
  const found = [...others.filter(isSame), ...others.filter((run) => !isSame(run))];
  if (found.length === 0) {
    throw new ProblemError({
      code: 'no-other-run',
      message: t('There is no other evaluation with the same grader.'),
      action: t('Evaluate another model on this test file first.'),
    });
  }
  const chosen = await ui.pick<vscode.QuickPickItem & { readonly runId: string }>(
    found.map((run) => ({
      label: plainText(runTitle(run.config)),
      description: plainText(`${run.config.name} · ${clock(run.config.createdAt / 1000)}`),
      runId: run.config.id,
    })),
    { title: t('Compare Evaluations'), placeHolder: t('Evaluation to compare with, over the items that both have') },
  );
  if (!chosen) throw new Cancelled();
  return chosen.runId;
}

/** Contestants of another run with their rows under the items of this one. */
export async function guestsOf(run: EvaluationRun, other: EvaluationRun): Promise<EvaluationGuests> {
  const matched = await matchedItems(
    { sha256: run.config.testFile.sha256, items: run.items },
    { sha256: other.config.testFile.sha256, items: other.items },
  );
  if (matched.size === 0) {
    throw new ProblemError({
      code: 'no-shared-items',
      message: t('The two evaluations have no item in common.'),
      action: t('Compare evaluations on the same test file.'),
    });
  }
  const when = clock(other.config.createdAt / 1000);
  const idOf = (contestant: string): string => `${other.config.id} ${contestant}`;
  return {
    from: when,
    shared: matched.size,
    contestants: other.config.contestants
      .filter(({ kind }) => kind !== 'constant')
      .map((contestant) => ({
        ...contestant,
        id: idOf(contestant.id),
        label: t('{0} ({1})', contestant.label, when),
      })),
    rows: other.rows.flatMap((row) => {
      const item = matched.get(row.item);
      return item === undefined ? [] : [{ ...row, item, contestant: idOf(row.contestant) }];
    }),
  };
}
