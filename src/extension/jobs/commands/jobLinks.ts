import * as vscode from 'vscode';
import { profileOf } from '../../../core/provider/profiles.ts';
import { wandbRunUrl } from '../../../core/training/wandbUrl.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import type { Services } from '../../services.ts';
import { chooseJob } from './chooseJob.ts';

type LinkServices = Pick<Services, 'jobs' | 'connections' | 'providers' | 'ui'>;

/** The job's page at its provider. */
export async function openInDashboard(services: LinkServices, arg: unknown): Promise<void> {
  const kinds = new Map((await services.connections.list()).map(({ id, kind }) => [id, kind]));
  const pageOf = (record: JobRecord): string | null => {
    const kind = kinds.get(record.connectionId);
    return kind === undefined ? null : (profileOf(kind).dashboard?.(record.job.id) ?? null);
  };
  const record = await chooseJob(services, arg, {
    title: "Open in the Provider's Dashboard",
    refuse: (job) =>
      pageOf(job) === null ? 'This provider has no page of its jobs that can be opened from here.' : null,
    none: 'No connection has a page of its jobs.',
  });
  await open(services, pageOf(record));
}

export async function openWandbRun(services: LinkServices, arg: unknown): Promise<void> {
  const record = await chooseJob(services, arg, {
    title: 'Open Weights & Biases Run',
    refuse: ({ job, events }) =>
      wandbRunUrl(job, events) !== null
        ? null
        : job.wandb
          ? `The job reports to the project ${job.wandb.project}, but the provider does not say whose it is.`
          : 'The job does not report to Weights & Biases.',
    none: 'No job is known to report to Weights & Biases.',
  });
  await open(services, wandbRunUrl(record.job, record.events));
}

async function open(services: LinkServices, address: string | null): Promise<void> {
  if (address === null) return;
  if (await services.ui.openExternal(vscode.Uri.parse(address, true))) return;
  // VS Code answers the same whether nothing could open it or the person chose not to, or to copy it instead: no failure to report.
  services.ui.status(`${address} was not opened`, 5000);
}
