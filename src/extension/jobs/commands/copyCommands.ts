import { ProblemError } from '../../ui/errors.ts';
import type { Services } from '../../services.ts';
import { recordOf } from '../jobRef.ts';

async function copy(services: Pick<Services, 'ui'>, text: string, what: string): Promise<void> {
  await services.ui.copy(text);
  services.ui.status(`$(copy) ${what} copied`, 3000);
}

export async function copyModelName(services: Pick<Services, 'jobs' | 'ui'>, ref: unknown): Promise<void> {
  const { job } = recordOf(services, ref);
  if (job.fineTunedModel === null) {
    throw new ProblemError({
      code: 'no-model',
      message: 'This job has no fine-tuned model.',
      action: 'Wait for it to succeed, or choose another job.',
    });
  }
  await copy(services, job.fineTunedModel, 'Model name');
}

export async function copyJobId(services: Pick<Services, 'jobs' | 'ui'>, ref: unknown): Promise<void> {
  await copy(services, recordOf(services, ref).job.id, 'Job ID');
}
