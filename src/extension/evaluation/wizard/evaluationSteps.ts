import path from 'node:path';
import * as vscode from 'vscode';
import { listOf, t, tn } from '../../../core/base/messages.ts';
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

/** Sampling with room for an answer of this kind and not much more: a model that rambles is paid by the token. */
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
  const summary = await withCancel(services.ui, t('Reading {0}…', path.basename(file)), (signal) =>
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
            label: plainText(t('{0} base', target.base ?? '')),
            description: t('the model it was tuned from'),
            picked: plan.withBase,
            value: 'base' as const,
          },
        ]
      : []),
    {
      label: t('Constant'),
      description: t('always the same answer: the floor, always included, without requests'),
      picked: true,
      value: 'constant',
    },
  ];
  const picked = await ui.pickMany({
    placeholder: t('Choose the contestants. The model and the constant always take part.'),
    choices,
  });
  return { ...plan, withBase: picked.includes('base') };
}

async function askGrader(plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const answers = plan.summary?.answers;
  const proposed = answers?.proposedGrader ?? 'string_check';
  const why =
    answers === undefined
      ? t('proposed')
      : proposed === 'number'
        ? t('proposed: {0}% of the answers hold a number', Math.round(answers.numericShare * 100))
        : tn(
            answers.distinct,
            'proposed: {0} different answer, few of them numbers',
            'proposed: {0} different answers, few of them numbers',
          );
  const note = (grader: GraderType): string => (grader === proposed ? why : '');
  const grader = await ui.pick<GraderType>({
    placeholder: t('How is a reply compared with the true answer?'),
    choices: [
      {
        label: t('Number'),
        description: note('number'),
        detail: t(
          'The number in the reply against the number in the answer: green, orange or red by how far off it is.',
        ),
        value: 'number',
      },
      {
        label: t('Exact match'),
        description: note('string_check'),
        detail: t('The reply must be the answer, apart from spaces around it: green or red.'),
        value: 'string_check',
      },
    ],
    active: (value) => value === (plan.grader ?? proposed),
  });
  return { ...plan, grader };
}

/** Asks for the beginning of the replies; when the model learned answers that begin otherwise, both beginnings are shown. */
async function askPrefix(services: PlanServices, plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const prefix = plan.summary?.answers.commonPrefix ?? '';
  const learned = await learnedPrefix(services, plan.target, prefix);
  const proposed = learned === null ? prefix : learned.answerPrefix;
  const mark = (value: string | null, why: string): string =>
    learned !== null && value === proposed ? t('proposed') : why;
  const answerPrefix = await ui.pick<string | null>({
    placeholder: learned?.message ?? t('Every answer begins with “{0}”', prefix),
    choices: [
      ...(learned === null || learned.answerPrefix === null
        ? []
        : [
            {
              label: t('Begin with “{0}”, as in training', learned.answerPrefix),
              description: mark(learned.answerPrefix, ''),
              value: learned.answerPrefix,
            },
          ]),
      {
        label: t('Keep “{0}” in the prompt', prefix),
        description: mark(prefix, t('the model completes it')),
        value: prefix,
      },
      { label: t('Leave it out'), description: mark(null, t('the prompt ends with the question')), value: null },
    ],
    active: (value) => value === (plan.answerPrefix === undefined ? proposed : plan.answerPrefix),
  });
  return { ...plan, answerPrefix };
}

/** The other beginning of the training answers, with a sentence about it; null when it is the same, or the file is unknown. */
async function learnedPrefix(
  { datasets, log, ui }: PlanServices,
  target: ModelTarget | null,
  prefix: string,
): Promise<{ readonly message: string; readonly answerPrefix: string | null } | null> {
  const training = target?.record?.local.trainingPath ?? null;
  if (training === null) return null;
  try {
    const { finding, answerPrefix } = await withCancel(ui, t('Looking at the training answers…'), (signal) =>
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
    placeholder: t('Choose how the model is asked'),
    choices: [
      { label: samplingInWords(proposed), description: t('proposed'), value: false },
      {
        label: t('Set them…'),
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
    t('Temperature, 0 … 2 (0: the most probable answer)'),
    (value) => value >= 0 && value <= 2,
  );
const askMaxTokens = (plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> =>
  askField(
    plan,
    ui,
    'maxTokens',
    t('Maximum tokens of a reply, 1 … {0}', 32_768),
    (value) => Number.isInteger(value) && value >= 1 && value <= 32_768,
  );
const askSeed = (plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> =>
  askField(plan, ui, 'seed', t('Seed, a whole number'), (value) => Number.isSafeInteger(value) && value >= 0);

async function showSummary(plan: EvaluationPlan, ui: StepUi): Promise<EvaluationPlan> {
  const { target, summary, sampling, testFile, grader } = plan;
  if (!target || !summary || !sampling || !testFile) return plan;
  const contestants = listOf([
    target.label,
    ...(plan.withBase ? [t('{0} base', target.base ?? '')] : []),
    t('constant'),
  ]);
  const prefix = summary.answers.commonPrefix;
  const choice = await ui.pick<string>({
    placeholder: t('Start, or choose a line to change it'),
    choices: [
      { label: t('$(play) Start'), description: evaluationCost(plan).sentence, alwaysShow: true, value: 'start' },
      ...evaluationWarnings(plan).map((warning) => ({
        label: t('$(warning) Note'),
        description: plainText(warning),
        alwaysShow: true,
        value: 'testFile',
      })),
      { label: t('Plan'), kind: vscode.QuickPickItemKind.Separator },
      {
        label: t('Test file'),
        description: tn(
          summary.examples,
          '{1}: {0} item, sent without its answer',
          '{1}: {0} items, sent without their answers',
          path.basename(testFile),
        ),
        value: 'testFile',
      },
      { label: t('Contestants'), description: contestants, value: 'contestants' },
      { label: t('Grader'), description: grader === 'number' ? t('number') : t('exact match'), value: 'grader' },
      ...(prefix === null
        ? []
        : [
            {
              label: t('Answer prefix'),
              description: plan.answerPrefix ? t('“{0}”', plan.answerPrefix) : t('left out'),
              value: 'prefix',
            },
          ]),
      { label: t('Sampling'), description: plainText(samplingOfAll(plan)), value: 'sampling' },
    ],
  });
  if (choice !== 'start') ui.goTo(choice);
  return plan;
}
