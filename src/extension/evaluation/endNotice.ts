import * as vscode from 'vscode';
import { t, tn } from '../../core/base/messages.ts';
import { factText } from '../../core/evaluation/comparison/fact.ts';
import { factOf } from '../../core/evaluation/comparison/factOf.ts';
import { questionOf } from '../../core/evaluation/comparison/question.ts';
import { sentenceOf } from '../../core/evaluation/comparison/statements.ts';
import { judgeSliced } from '../../evals/judgeSliced.ts';
import type { EvaluationRun } from '../../evals/runner.ts';
import type { Services } from '../services.ts';
import { COMMANDS } from '../contributions.ts';
import { inert } from '../ui/errors.ts';
import { runTitle } from './runTitle.ts';

type EndServices = Pick<Services, 'ui' | 'panels'>;
type EndedRun = Pick<EvaluationRun, 'config' | 'items' | 'rows' | 'looks' | 'status' | 'notice'>;

/**
 * Tells once what a run says that has ended in this window while its page was not in view, or why it paused. A run that the user canceled,
 * or that another window took over, needs no word.
 */
export async function tellRunEnded({ ui, panels }: EndServices, run: EndedRun): Promise<void> {
  const { id: runId } = run.config;
  if (await panels.isRunVisible(runId)) return;
  const { status } = run;
  const text = await endedText(run);
  if (text === null) return;
  const open = t('Open Evaluation');
  // Not waited for: the notification may be left open for hours.
  void ui.notify(status === 'paused' ? 'warning' : 'information', inert(text), open).then((choice) => {
    if (choice === open) void vscode.commands.executeCommand(COMMANDS.openEvaluation, { runId });
  });
}

async function endedText(run: EndedRun): Promise<string | null> {
  const { config, status, notice } = run;
  const title = runTitle(config);
  if (status === 'paused') {
    const reason = notice === null ? t('Resume it in its panel.') : `${notice.message} ${notice.action}`;
    return t('The evaluation of {0} on {1} paused. {2}', title, config.name, reason);
  }
  if (status !== 'finished' && status !== 'stopped-early') return null;
  const judgment = await judgeSliced(config, run.items, run.rows, (contestant) => run.looks(contestant));
  const said = sentenceOf(judgment.statements);
  const fact = factOf(judgment, questionOf(config), config);
  const ended =
    said === '' && fact !== null
      ? t('{0} on {1} is evaluated: {2}.', title, config.name, factText(fact))
      : status === 'finished'
        ? t('{0} on {1} is evaluated. {2}', title, config.name, said)
        : t('The evaluation of {0} on {1} stopped early. {2}', title, config.name, said);
  const failed = run.rows.filter((row) => row.status === 'error').length;
  return failed === 0 ? ended : `${ended} ${tn(failed, '{0} request failed.', '{0} requests failed.')}`;
}
