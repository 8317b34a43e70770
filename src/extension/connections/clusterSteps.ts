import { t } from '../../core/base/messages.ts';
import { whyNoStorage, whyNoWorkers } from '../../core/provider/clusterStorage.ts';
import type { Cluster } from '../../core/provider/connection.ts';
import type { StepUi } from '../ui/multiStep.ts';

/** Cluster as it is typed. */
export interface ClusterDraft {
  readonly storage: string;
  readonly workers: string;
  readonly gpu: boolean;
}

export const NO_CLUSTER: ClusterDraft = { storage: '', workers: '2', gpu: false };

export function draftOf(cluster: Cluster | undefined): ClusterDraft {
  return cluster === undefined ? NO_CLUSTER : { ...cluster, workers: String(cluster.workers) };
}

export function clusterOf({ storage, workers, gpu }: ClusterDraft): Cluster {
  return { storage: storage.trim(), workers: Number(workers), gpu };
}

export function askStorage({ storage }: ClusterDraft, ui: Pick<StepUi, 'input'>): Promise<string> {
  return ui.input({
    prompt: t('Storage that this machine and every node reach: datasets, checkpoints and adapters pass through it'),
    placeholder: t('/mnt/shared/tuning-fork, or an address of fsspec such as {0}', 's3://bucket/tuning-fork'),
    value: storage,
    validate: whyNoStorage,
  });
}

export function askWorkers({ workers }: ClusterDraft, ui: Pick<StepUi, 'input'>): Promise<string> {
  return ui.input({
    prompt: t('Workers of a job: a batch is shared among them'),
    value: workers,
    validate: whyNoWorkers,
  });
}

export function askGpu({ gpu }: ClusterDraft, ui: Pick<StepUi, 'pick'>): Promise<boolean> {
  return ui.pick<boolean>({
    placeholder: t('What does each worker compute with?'),
    choices: [
      { label: t('A GPU'), description: t('one for each worker'), value: true },
      { label: t('Processor cores'), description: t('slow, for small models and for trying it out'), value: false },
    ],
    active: (value) => value === gpu,
  });
}
