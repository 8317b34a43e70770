import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { SPLIT_SHARE, splitSeedOf, type TuningPlan, type WizardServices } from './tuningPlan.ts';

/** Paths of the files of a job. */
export interface PlanFiles {
  readonly training: string;
  readonly validation: string | null;
}

/** Files of the planned job; the parts of a split are written into `folder`, which is made for them. */
export async function filesOf(
  services: Pick<WizardServices, 'datasets'>,
  plan: TuningPlan,
  folder: string,
  signal: AbortSignal,
): Promise<PlanFiles> {
  switch (plan.validation.kind) {
    case 'none':
      return { training: plan.training, validation: null };
    case 'file':
      return { training: plan.training, validation: plan.validation.path };
    case 'split': {
      await mkdir(folder, { recursive: true });
      const base = path.parse(plan.training).name;
      const target = {
        train: path.join(folder, `${base}.train.jsonl`),
        validation: path.join(folder, `${base}.validation.jsonl`),
      };
      await services.datasets.split(
        plan.training,
        target,
        { validationShare: SPLIT_SHARE, seed: splitSeedOf(plan) ?? 0, sha256: plan.trainingSummary.sha256 },
        signal,
      );
      return { training: target.train, validation: target.validation };
    }
  }
}
