import { t } from '../../../core/base/messages.ts';
import { ProblemError } from '../../ui/errors.ts';

/** Id of the run that a command was called on, by the tree or by a panel. */
export function runIdOf(arg: unknown): string {
  if (typeof arg === 'object' && arg !== null && 'runId' in arg && typeof arg.runId === 'string') return arg.runId;
  throw new ProblemError({
    code: 'no-run',
    message: t('This command belongs to a run of the Evaluations view.'),
    action: t('Choose it from the menu of a run there.'),
  });
}
