import { t } from '../../core/base/messages.ts';
import type { Services } from '../services.ts';
import { ensureDeployment } from './modelCommands.ts';
import { requireTrust } from '../ui/trust.ts';
import { chooseTarget, targetOf } from '../evaluation/wizard/chooseTarget.ts';

/** Opens the page that sends single prompts to one model. */
export async function tryModel(
  services: Pick<Services, 'jobs' | 'connections' | 'providers' | 'panels' | 'ui'>,
  args: readonly unknown[],
): Promise<void> {
  requireTrust();
  const target = (await targetOf(services, args[0])) ?? (await chooseTarget(services, t('Try a Model')));
  await ensureDeployment(services, target.connection.id, target.model);
  await services.panels.openTry(target.connection.id, target.model);
}
