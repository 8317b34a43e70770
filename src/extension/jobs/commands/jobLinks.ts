import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import { profileOf } from '../../../core/provider/profiles.ts';
import { wandbRunUrl } from '../../../core/training/wandbUrl.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { Services } from '../../services.ts';
import { chooseJob } from './chooseJob.ts';

type LinkServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'ui'>;

/** Opens the job's page at its provider. */
export async function openInDashboard(services: LinkServices, arg: unknown): Promise<void> {
  const kinds = new Map((await services.connections.list()).map(({ id, kind }) => [id, kind]));
  const pageOf = (record: JobRecord): string | null => {
    const kind = kinds.get(record.connectionId);
    return kind === undefined ? null : (profileOf(kind).dashboard?.(record.job.id) ?? null);
  };
  const record = await chooseJob(services, arg, {
    title: t("Open Job in Provider's Dashboard"),
    refuse: (job) => (pageOf(job) === null ? t('This provider has no job pages that Tuning Fork can open.') : null),
    none: t('No provider has job pages that Tuning Fork can open.'),
  });
  await open(services, pageOf(record));
}

export async function openWandbRun(services: LinkServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: t('Open Weights & Biases Run'),
    refuse: ({ job, events }) =>
      wandbRunUrl(job, events) !== null
        ? null
        : job.wandb
          ? t('The job reports to the project {0}, but the provider does not name its owner.', job.wandb.project)
          : t('The job does not report to Weights & Biases.'),
    none: t('No known job reports to Weights & Biases.'),
  });
  await open(services, wandbRunUrl(record.job, record.events));
}

async function open(services: LinkServices, address: string | null): Promise<void> {
  if (address === null) return;
  if (await services.ui.openExternal(vscode.Uri.parse(address, true))) return;
  // VS Code answers the same when nothing could open the address, when the user declined and when the user copied it: no failure to report.
  services.ui.status(t('{0} was not opened', address), 5000);
}
