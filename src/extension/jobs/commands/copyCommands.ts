import { t } from '../../../core/base/messages.ts';
import type { Services } from '../../services.ts';
import { recordOf } from '../jobRef.ts';
import { chooseJob } from './chooseJob.ts';

export async function copyModelName(
  services: Pick<Services, 'jobs' | 'connections' | 'ui'>,
  arg: unknown,
): Promise<void> {
  const { job } = await chooseJob(services, arg, {
    title: t('Copy Model Name'),
    refuse: ({ job }) => (job.fineTunedModel === null ? t('This job has no fine-tuned model.') : null),
    none: t('No job has a fine-tuned model yet.'),
  });
  await services.ui.copy(job.fineTunedModel ?? '');
  services.ui.status(`$(copy) ${t('Model name copied')}`, 3000);
}

export async function copyJobId(services: Pick<Services, 'jobs' | 'ui'>, ref: unknown): Promise<void> {
  await services.ui.copy(recordOf(services, ref).job.id);
  services.ui.status(`$(copy) ${t('Job ID copied')}`, 3000);
}
