import type { Services } from '../../services.ts';
import { recordOf } from '../jobRef.ts';
import { chooseJob } from './chooseJob.ts';

async function copy(services: Pick<Services, 'ui'>, text: string, what: string): Promise<void> {
  await services.ui.copy(text);
  services.ui.status(`$(copy) ${what} copied`, 3000);
}

export async function copyModelName(
  services: Pick<Services, 'jobs' | 'connections' | 'ui'>,
  arg: unknown,
): Promise<void> {
  const { job } = await chooseJob(services, arg, {
    title: 'Copy Model Name',
    refuse: ({ job }) => (job.fineTunedModel === null ? 'This job has no fine-tuned model.' : null),
    none: 'No job has a fine-tuned model yet.',
  });
  await copy(services, job.fineTunedModel ?? '', 'Model name');
}

export async function copyJobId(services: Pick<Services, 'jobs' | 'ui'>, ref: unknown): Promise<void> {
  await copy(services, recordOf(services, ref).job.id, 'Job ID');
}
