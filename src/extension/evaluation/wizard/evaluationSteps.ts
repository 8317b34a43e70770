import path from 'node:path';
import * as vscode from 'vscode';
import type { GraderType, Sampling } from '../../../core/evaluation/types.ts';
import type { DatasetSummary } from '../../../protocol/datasetWorker.ts';
import type { Choice, Step, StepUi } from '../../ui/multiStep.ts';
import { isTestName, isValidationName, kinship } from '../../../core/dataset/fileNames.ts';
import { browseForFile, findDatasets, folderOf, toPath } from '../../datasets/files.ts';
import { plainText } from '../../ui/plainText.ts';
import { asProblem, Cancelled } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import type { Services } from '../../services.ts';
import { refuseErrors } from '../../datasets/findings.ts';
import { count } from '../../../core/base/numbers.ts';
import {
  baseCanAnswer,
  evaluationCost,
  evaluationWarnings,
  overlapOf,
  samplingInWords,
  samplingOfAll,
  type EvaluationPlan,
  type ModelTarget,
} from './evaluationPlan.ts';
import { askAboutOverlap, withTrainedOn } from './trainedOn.ts';

const SEED = 42;

/** Long enough for an answer of this kind and not much longer: a model that rambles is paid by the token. */
function proposedSampling(summary: DatasetSummary, grader: GraderType): Sampling {
  const { meanTokens } = summary.answers;
  const maxTokens =
    grader === 'number' ? Math.max(16, Math.ceil(meanTokens * 1.5)) : Math.max(16, Math.ceil(meanTokens * 3));
  return { temperature: 0, maxTokens, seed: SEED };
}

type PlanServices = Pick<Services, 'datasets' | 'log' | 'ui'>;

export function evaluationSteps(
  services: PlanServices,
  chooseTarget: (plan: EvaluationPlan, ui: StepUi) => Promise<ModelTarget>,
  given: { readonly target: boolean; readonly testFile: boolean },
): readonly Step<EvaluationPlan>[] {
  return [
    ...(given.target
      ? []
      : [
          {
            name: 'model',
            run: async (plan: EvaluationPlan, ui: StepUi) =>
              withTrainedOn(services, { ...plan, target: await chooseTarget(plan, ui) }),
          },
        ]),
    ...(given.testFile
      ? []
      : [{ name: 'testFile', run: (plan: EvaluationPlan, ui: StepUi) => askTestFile(services, plan, ui) }]),
    { name: 'trainedOn', applies: (plan) => overlapOf(plan) !== null, run: askAboutOverlap(!given.testFile) },
    { name: 'contestants', run: askContestants },
    { name: 'grader', run: askGrader },
    {
      name: 'prefix',
      applies: (plan) => (plan.summary?.answers.commonPrefix ?? null) !== null,
      run: (plan, ui) => askPrefix(services, plan, ui),
    },
    { name: 'sampling', run: askSampling },
    { name: 'temperature', applies: (plan) => plan.customSampling, run: askTemperature },
    { name: 'maxTokens', applies: (plan) => plan.customSampling, run: askMaxTokens },
    { name: 'seed', applies: (plan) => plan.customSampling, run: askSeed },
    { name: 'summary', run: showSummary },
  ];
}

export async function inspectTestFile(services: PlanServices, file: string): Promise<DatasetSummary> {
  const summary = await withCancel(services.ui, `Reading ${path.basename(file)}…`, (signal) =>
    services.datasets.inspect({ path: file }, { countTokens: true }, signal),
  );
  // Ten examples are what training needs; a test may have one.
  await refuseErrors(services.ui, file, summary, ['too-few-examples']);
  return summary;
}

async function askTestFile(services: PlanServices, plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const record = plan.target?.record ?? null;
  const like = record?.local.name ?? record?.job.suffix ?? '';
  const score = (file: string): number =>
    (isTestName(file) ? 4 : 0) + (like === '' ? 0 : 2 * kinship(like, file)) + (isValidationName(file) ? 1 : 0);
  const files = (await findDatasets()).map(toPath).sort((a, b) => score(b) - score(a) || a.localeCompare(b));
  const best = files[0];
  const chosen = await ui.pick<string | null>({
    placeholder: 'Which file holds the questions and true answers? It should share no line with the training file.',
    choices: [
      ...files.map((file) => ({
        label: plainText(path.basename(file)),
        description: [file === best && isTestName(file) ? 'proposed' : '', folderOf(file)].filter(Boolean).join(' · '),
        value: file,
      })),
      { label: '$(folder-opened) Browse…', alwaysShow: true, value: null },
    ],
    active: (value) => value !== null && value === (plan.testFile ?? best),
  });
  const testFile = chosen ?? toPath(await browseForFile(services.ui, 'Choose the test file'));
  const summary = await inspectTestFile(services, testFile);
  return withTrainedOn(services, { ...plan, testFile, summary, answerPrefix: undefined });
}

async function askContestants(plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const { target } = plan;
  if (!target) return plan;
  const choices: Choice<'tuned' | 'base' | 'constant'>[] = [
    {
      label: plainText(target.label),
      description: plainText(`${target.model} · ${target.connection.name}`),
      picked: true,
      value: 'tuned',
    },
    ...(baseCanAnswer(target)
      ? [
          {
            label: plainText(`${target.base ?? ''} base`),
            description: 'what it was tuned from',
            picked: plan.withBase,
            value: 'base' as const,
          },
        ]
      : []),
    {
      label: 'Constant',
      description: 'always the same answer: the floor, always included, asks nobody',
      picked: true,
      value: 'constant',
    },
  ];
  const picked = await ui.pickMany({
    placeholder: 'Who is compared? The model and the constant always take part.',
    choices,
  });
  return { ...plan, withBase: picked.includes('base') };
}

async function askGrader(plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const answers = plan.summary?.answers;
  const proposed = answers?.proposedGrader ?? 'string_check';
  const why =
    answers === undefined
      ? 'proposed'
      : proposed === 'number'
        ? `proposed: ${String(Math.round(answers.numericShare * 100))} % of the answers hold a number`
        : `proposed: ${count(answers.distinct)} different answers, few of them numbers`;
  const note = (grader: GraderType): string => (grader === proposed ? why : '');
  const grader = await ui.pick<GraderType>({
    placeholder: 'How is a reply compared with the true answer?',
    choices: [
      {
        label: 'Number',
        description: note('number'),
        detail: 'The number in the reply against the number in the answer: green, orange or red by how far off it is.',
        value: 'number',
      },
      {
        label: 'Exact match',
        description: note('string_check'),
        detail: 'The reply must be the answer, apart from spaces around it: green or red.',
        value: 'string_check',
      },
    ],
    active: (value) => value === (plan.grader ?? proposed),
  });
  return { ...plan, grader };
}

/** How the replies are begun; when the model has learnt answers that begin otherwise, that is said with both beginnings. */
async function askPrefix(services: PlanServices, plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const prefix = plan.summary?.answers.commonPrefix ?? '';
  const learnt = await learntPrefix(services, plan.target, prefix);
  const proposed = learnt === null ? prefix : learnt.answerPrefix;
  const mark = (value: string | null, why: string): string =>
    learnt !== null && value === proposed ? 'proposed' : why;
  const answerPrefix = await ui.pick<string | null>({
    placeholder: learnt?.message ?? `Every answer begins with “${prefix}”`,
    choices: [
      ...(learnt === null || learnt.answerPrefix === null
        ? []
        : [
            {
              label: `Begin with “${learnt.answerPrefix}”, as in training`,
              description: mark(learnt.answerPrefix, ''),
              value: learnt.answerPrefix,
            },
          ]),
      { label: `Keep “${prefix}” in the prompt`, description: mark(prefix, 'the model completes it'), value: prefix },
      { label: 'Leave it out', description: mark(null, 'the prompt ends with the question'), value: null },
    ],
    active: (value) => value === (plan.answerPrefix === undefined ? proposed : plan.answerPrefix),
  });
  return { ...plan, answerPrefix };
}

/** That the training answers begin otherwise, and how; null when they do not, or nobody knows what was trained on. */
async function learntPrefix(
  { datasets, log, ui }: PlanServices,
  target: ModelTarget | null,
  prefix: string,
): Promise<{ readonly message: string; readonly answerPrefix: string | null } | null> {
  const training = target?.record?.local.trainingPath ?? null;
  if (training === null) return null;
  try {
    const { finding, answerPrefix } = await withCancel(ui, 'Looking at the training answers…', (signal) =>
      datasets.comparePrefix(prefix, training, signal),
    );
    return finding === null ? null : { message: finding.message, answerPrefix };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    // The snapshot of an old job may have been deleted: then there is nothing to compare with.
    log.warn(`The training answers could not be compared: ${asProblem(error).message}`);
    return null;
  }
}

async function askSampling(plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  if (!plan.summary || !plan.grader) return plan;
  const proposed = proposedSampling(plan.summary, plan.grader);
  const customSampling = await ui.pick<boolean>({
    placeholder: 'How is the model asked?',
    choices: [
      { label: samplingInWords(proposed), description: 'proposed', value: false },
      {
        label: 'Set them…',
        description: plan.sampling && plan.customSampling ? samplingInWords(plan.sampling) : '',
        value: true,
      },
    ],
    active: (value) => value === plan.customSampling,
  });
  return { ...plan, customSampling, sampling: customSampling ? (plan.sampling ?? proposed) : proposed };
}

async function askField(
  plan: EvaluationPlan,
  ui: StepUi,
  field: keyof Sampling,
  prompt: string,
  isValid: (value: number) => boolean,
): Promise<EvaluationPlan> {
  if (!plan.sampling) return plan;
  const typed = await ui.input({
    prompt,
    value: String(plan.sampling[field]),
    validate: (value) => (value.trim() !== '' && isValid(Number(value)) ? null : prompt),
  });
  return { ...plan, sampling: { ...plan.sampling, [field]: Number(typed) } };
}

const askTemperature = (plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> =>
  askField(
    plan,
    ui,
    'temperature',
    'Temperature, 0 … 2 (0: the most probable answer)',
    (value) => value >= 0 && value <= 2,
  );
const askMaxTokens = (plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> =>
  askField(
    plan,
    ui,
    'maxTokens',
    'Maximum tokens of a reply, 1 … 32768',
    (value) => Number.isInteger(value) && value >= 1 && value <= 32_768,
  );
const askSeed = (plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> =>
  askField(plan, ui, 'seed', 'Seed, a whole number', (value) => Number.isSafeInteger(value) && value >= 0);

async function showSummary(plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const { target, summary, sampling, testFile, grader } = plan;
  if (!target || !summary || !sampling || !testFile) return plan;
  const contestants = [target.label, ...(plan.withBase ? [`${target.base ?? ''} base`] : []), 'constant'].join(', ');
  const prefix = summary.answers.commonPrefix;
  const choice = await ui.pick<string>({
    placeholder: 'Start, or choose a line to change it',
    choices: [
      { label: '$(play) Start', description: evaluationCost(plan).sentence, alwaysShow: true, value: 'start' },
      ...evaluationWarnings(plan).map((warning) => ({
        label: '$(warning) To know',
        description: plainText(warning),
        alwaysShow: true,
        value: 'testFile',
      })),
      { label: 'What will happen', kind: vscode.QuickPickItemKind.Separator },
      {
        label: 'Test file',
        description: `${path.basename(testFile)}: ${count(summary.examples)} items, sent without their answers`,
        value: 'testFile',
      },
      { label: 'Contestants', description: contestants, value: 'contestants' },
      { label: 'Grader', description: grader === 'number' ? 'number' : 'exact match', value: 'grader' },
      ...(prefix === null
        ? []
        : [
            {
              label: 'Answer prefix',
              description: plan.answerPrefix ? `“${plan.answerPrefix}”` : 'left out',
              value: 'prefix',
            },
          ]),
      { label: 'Sampling', description: plainText(samplingOfAll(plan)), value: 'sampling' },
    ],
  });
  if (choice !== 'start') ui.goTo(choice);
  return plan;
}
