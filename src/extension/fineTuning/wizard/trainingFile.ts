import path from 'node:path';
import { t } from '../../../core/base/messages.ts';
import type { MethodName } from '../../../core/training/job.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import type { DatasetWorkerClient } from '../../datasets/workerClient.ts';
import { ProblemError } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import type { Ui } from '../../ui/ui.ts';
import type { WizardServices } from './tuningPlan.ts';

export interface InspectedFile {
  readonly summary: DatasetSummary;
  readonly method: MethodName;
}

/** Largest number of findings, as in `inspect`. */
const FINDINGS = 1000;

/** Inspects a dataset by the rules of the method that its rows are for. */
export async function inspectFor(
  ui: Ui,
  datasets: DatasetWorkerClient,
  file: string,
  options: { readonly countTokens: boolean; readonly forTraining: boolean },
): Promise<InspectedFile> {
  return withCancel(ui, t('Checking {0}…', path.basename(file)), async (signal) => {
    const summary = await datasets.inspect({ path: file }, { countTokens: options.countTokens }, signal);
    // `inspect` knows chat examples; for the other trainable kinds it reports only the kind.
    const codes = new Set(summary.findings.map(({ code }) => code));
    const method = codes.has('kind-preference') ? 'dpo' : codes.has('kind-reinforcement') ? 'reinforcement' : null;
    if (method === null) return { summary, method: 'supervised' };
    const check = await datasets.check(
      { path: file },
      { disk: file, forTraining: options.forTraining, limit: FINDINGS },
      signal,
    );
    const counted = options.countTokens ? await datasets.countTokens({ path: file }, signal) : null;
    return {
      method,
      summary: {
        ...summary,
        examples: check.examples,
        findings: check.findings,
        findingCount: check.findingCount,
        errorCount: check.errorCount,
        tokens: counted?.tokens ?? null,
        tokensEstimated: true,
      },
    };
  });
}

function needed(method: MethodName): readonly [message: string, action: string] {
  switch (method) {
    case 'supervised':
      return [t('The training file has chat examples.'), t('Choose a validation file with chat examples.')];
    case 'dpo':
      return [t('The training file has preference pairs.'), t('Choose a validation file with preference pairs.')];
    case 'reinforcement':
      return [t('The training file has reinforcement rows.'), t('Choose a validation file with reinforcement rows.')];
  }
}

function found(method: MethodName, name: string): string {
  switch (method) {
    case 'supervised':
      return t('{0} has chat examples.', name);
    case 'dpo':
      return t('{0} has preference pairs.', name);
    case 'reinforcement':
      return t('{0} has reinforcement rows.', name);
  }
}

/** Refuses a validation file of another kind than the training file. */
export function refuseOtherKind(file: string, actual: MethodName, wanted: MethodName): void {
  if (actual === wanted) return;
  const [training, action] = needed(wanted);
  throw new ProblemError({
    code: 'other-kind',
    message: `${found(actual, path.basename(file))} ${training}`,
    action,
  });
}

/** Number of prompts with several answers; only chat examples have one right answer each. */
export async function contradictionsIn(
  services: Pick<WizardServices, 'datasets' | 'ui'>,
  file: string,
  method: MethodName,
): Promise<number> {
  if (method !== 'supervised') return 0;
  const { prompts } = await withCancel(services.ui, t('Comparing the answers in {0}…', path.basename(file)), (signal) =>
    services.datasets.findContradictions(file, 1, signal),
  );
  return prompts;
}
