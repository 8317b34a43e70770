import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { isTestName, isValidationName, kinship } from '../../../core/dataset/fileNames.ts';
import { metricName } from '../../../core/evaluation/comparison/metricName.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import { browseForFile, findDatasets, folderOf, toPath } from '../../datasets/files.ts';
import { refuseErrors } from '../../datasets/findings.ts';
import type { Services } from '../../services.ts';
import { runSteps, type StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { withCancel } from '../../ui/progress.ts';
import { runSummaryWizard, SUMMARY, type Question } from '../../ui/summaryWizard.ts';
import { chooseTarget } from './chooseTarget.ts';
import { askContestants } from './contestantStep.ts';
import {
  canStopEarly,
  contestantsInWords,
  evaluationCost,
  evaluationWarnings,
  graderOfPlan,
  isFull,
  likelySaving,
  overlapOf,
  percentOf,
  prefixOfPlan,
  primaryOfPlan,
  samplingOfAll,
  spreadUnknown,
  withSpread,
  withTarget,
  type EvaluationPlan,
  type FullPlan,
} from './evaluationPlan.ts';
import { askEarlyStopping, askGrader, askPrimary, graderInWords } from './graderSteps.ts';
import { askPrefix, askSampling, askSamples, samplingSteps } from './samplingSteps.ts';
import { saveEvaluationFile } from './saveEvaluationFile.ts';
import { askAboutOverlap, withTrainedOn } from './trainedOn.ts';

export type WizardServices = Pick<Services, 'jobs' | 'connections' | 'keys' | 'providers' | 'datasets' | 'log' | 'ui'>;

/** Questions that may come before the summary. */
const ORDER = ['model', 'testFile', 'trainedOn'] as const;

/** Asks what the plan cannot propose, then shows the summary until *Start*. @param isFileGiven whether the command was called on the test file */
export async function askForEvaluation(
  services: WizardServices,
  title: string,
  initial: EvaluationPlan,
  isFileGiven: boolean,
): Promise<FullPlan> {
  const inSteps =
    (question: (plan: FullPlan, ui: StepUi) => Promise<EvaluationPlan>): Question<EvaluationPlan> =>
    (plan, ui) =>
      isFull(plan) ? question(plan, ui) : Promise.resolve(plan);
  const plan = await runSummaryWizard<EvaluationPlan>(
    services.ui,
    {
      title,
      summary: inSteps((full, ui) => showSummary(services, full, ui)),
      order: ORDER,
      isAnswered,
      questions: {
        model: async (before) => withTrainedOn(services, withTarget(before, await chooseTarget(services, title))),
        testFile: (before, ui) => askTestFile(services, before, ui),
        trainedOn: askAboutOverlap(!isFileGiven),
        contestants: inSteps((full, ui) => askContestants(services, full, ui)),
        grader: inSteps(askGrader),
        primary: inSteps(askPrimary),
        prefix: inSteps(askPrefix),
        sampling: inSteps(async (full, ui) => {
          const chosen = await askSampling(full, ui);
          return chosen.isCustom
            ? withSpread(await runSteps(services.ui, title, chosen.plan, samplingSteps(), undefined, true))
            : chosen.plan;
        }),
        samples: inSteps(askSamples),
        stopEarly: inSteps(askEarlyStopping),
      },
    },
    initial,
    { opening: ORDER.filter((name) => name !== 'trainedOn' && !isAnswered(name, initial)) },
  );
  if (!isFull(plan)) throw new Error('The wizard left a question open.');
  return plan;
}

function isAnswered(name: string, plan: EvaluationPlan): boolean {
  switch (name) {
    case 'model':
      return plan.target !== null;
    case 'testFile':
      return plan.summary !== null;
    case 'trainedOn':
      return plan.overlapAccepted || overlapOf(plan) === null;
    default:
      return true;
  }
}

export async function inspectTestFile(
  services: Pick<Services, 'datasets' | 'ui'>,
  file: string,
): Promise<DatasetSummary> {
  const summary = await withCancel(services.ui, t('Reading {0}…', path.basename(file)), (signal) =>
    services.datasets.inspect({ path: file }, { countTokens: true }, signal),
  );
  // Ten examples are what training needs; a test may have one.
  await refuseErrors(services.ui, file, summary, ['too-few-examples']);
  return summary;
}

async function askTestFile(services: WizardServices, plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const record = plan.target?.record ?? null;
  const like = record?.local.name ?? record?.job.suffix ?? '';
  const score = (file: string): number =>
    (isTestName(file) ? 4 : 0) + (like === '' ? 0 : 2 * kinship(like, file)) + (isValidationName(file) ? 1 : 0);
  const files = (await findDatasets()).map(toPath).sort((a, b) => score(b) - score(a) || a.localeCompare(b));
  const best = files[0];
  const chosen = await ui.pick<string | null>({
    placeholder: t(
      'Choose the file with the questions and true answers. It should share no line with the training file.',
    ),
    choices: [
      ...files.map((file) => ({
        label: plainText(path.basename(file)),
        description: [file === best && isTestName(file) ? t('proposed') : '', folderOf(file)]
          .filter(Boolean)
          .join(' · '),
        value: file,
      })),
      { label: t('$(folder-opened) Browse…'), alwaysShow: true, value: null },
    ],
    active: (value) => value !== null && value === (plan.testFile ?? best),
  });
  const testFile = chosen ?? toPath(await browseForFile(services.ui, t('Choose the test file')));
  const summary = await inspectTestFile(services, testFile);
  return withTrainedOn(services, { ...plan, testFile, summary, answerPrefix: undefined, overlapAccepted: false });
}

/** Shows every setting of the plan, each with the way to its question. Returns for a start. */
async function showSummary(services: WizardServices, plan: FullPlan, ui: StepUi): Promise<EvaluationPlan> {
  const { summary, samples } = plan;
  const { usd, sentence } = evaluationCost(plan);
  const saving = likelySaving(usd);
  const prefix = prefixOfPlan(plan);
  const choice = await ui.pick<string>({
    placeholder: t('Start, or choose a line to change it'),
    choices: [
      { label: t('$(play) Start'), description: sentence, alwaysShow: true, value: 'start' },
      ...evaluationWarnings(plan).map((warning) => ({
        label: t('$(warning) Note'),
        description: plainText(warning),
        alwaysShow: true,
        value: warning === plan.learned?.message ? 'prefix' : warning === spreadUnknown() ? 'samples' : 'testFile',
      })),
      { label: t('Plan'), kind: vscode.QuickPickItemKind.Separator },
      {
        label: t('Test file'),
        description: tn(
          summary.examples,
          '{1}: {0} item, sent without its answer',
          '{1}: {0} items, sent without their answers',
          path.basename(plan.testFile),
        ),
        value: 'testFile',
      },
      { label: t('Contestants'), description: plainText(contestantsInWords(plan)), value: 'contestants' },
      { label: t('Grader'), description: plainText(graderInWords(graderOfPlan(plan))), value: 'grader' },
      {
        label: t('Primary metric'),
        description: t('{0}; a difference of {1}% matters', metricName(primaryOfPlan(plan)), percentOf(plan.matters)),
        value: 'primary',
      },
      ...(summary.answers.commonPrefix === null
        ? []
        : [
            {
              label: t('Answer prefix'),
              description: prefix === null ? t('left out') : plainText(t('“{0}”', prefix)),
              value: 'prefix',
            },
          ]),
      { label: t('Sampling'), description: plainText(samplingOfAll(plan)), value: 'sampling' },
      {
        label: t('Replies to a row'),
        description:
          samples === 1
            ? t('one')
            : graderOfPlan(plan).type === 'number'
              ? t('{0}: their median counts, at {0} times the price', samples)
              : t('{0}: their majority counts, at {0} times the price', samples),
        value: 'samples',
      },
      ...(canStopEarly(plan)
        ? [
            {
              label: t('Stop early'),
              description: listOfFacts(plan.stopEarly ? t('as soon as the answer is in') : t('off'), saving),
              value: 'stopEarly',
            },
          ]
        : []),
      { label: `$(save) ${t('Save as Evaluation File…')}`, alwaysShow: true, value: 'save' },
    ],
  });
  if (choice === 'start') return plan;
  if (choice === 'save') {
    await saveEvaluationFile(services, plan);
    ui.goTo(SUMMARY);
  }
  ui.goTo(choice);
}

function listOfFacts(...facts: readonly (string | null)[]): string {
  return facts.filter((fact) => fact !== null).join(' · ');
}
