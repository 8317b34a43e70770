import path from 'node:path';
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

/** As many findings as `inspect` gives. */
const FINDINGS = 1000;

/** What is in a dataset, judged by the rules of the method that its rows are for. */
export async function inspectFor(
  ui: Ui,
  datasets: DatasetWorkerClient,
  file: string,
  options: { readonly countTokens: boolean; readonly forTraining: boolean },
): Promise<InspectedFile> {
  return withCancel(ui, `Checking ${path.basename(file)}…`, async (signal) => {
    const summary = await datasets.inspect({ path: file }, { countTokens: options.countTokens }, signal);
    // `inspect` knows chat examples; of the other kinds that can be trained on it says the kind alone.
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

const ROWS: Readonly<Record<MethodName, string>> = {
  supervised: 'chat examples',
  dpo: 'preference pairs',
  reinforcement: 'rows for reinforcement',
};

/** Both files of a job are of one kind. */
export function refuseOtherKind(file: string, found: MethodName, wanted: MethodName): void {
  if (found === wanted) return;
  throw new ProblemError({
    code: 'other-kind',
    message: `${path.basename(file)} holds ${ROWS[found]}, and the training file ${ROWS[wanted]}.`,
    action: `Choose a validation file of ${ROWS[wanted]}.`,
  });
}

/** Prompts with several answers; only chat examples have one right answer each. */
export async function contradictionsIn(
  services: Pick<WizardServices, 'datasets' | 'ui'>,
  file: string,
  method: MethodName,
): Promise<number> {
  if (method !== 'supervised') return 0;
  const { prompts } = await withCancel(services.ui, `Comparing the answers in ${path.basename(file)}…`, (signal) =>
    services.datasets.findContradictions(file, 1, signal),
  );
  return prompts;
}
