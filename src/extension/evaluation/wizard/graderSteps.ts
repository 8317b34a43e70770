import { listOf, t, tn } from '../../../core/base/messages.ts';
import { metricName } from '../../../core/evaluation/comparison/metricName.ts';
import type { Metric } from '../../../core/evaluation/comparison/types.ts';
import type { GraderSpec } from '../../../core/evaluation/evalFile.ts';
import { proposedGrader } from '../../../core/evaluation/proposal.ts';
import type { AnswerSummary } from '../../../protocol/datasetWorker.ts';
import type { StepUi } from '../../ui/multiStep.ts';
import {
  evaluationCost,
  graderOfPlan,
  likelySaving,
  percentOf,
  primaryMetrics,
  primaryOfPlan,
  type EvaluationPlan,
  type FullPlan,
} from './evaluationPlan.ts';
import { askNumber } from './samplingSteps.ts';

/** Asks how replies are compared; the options that the grader has in the plan are kept. */
export async function askGrader(plan: FullPlan, ui: StepUi): Promise<EvaluationPlan> {
  const { answers } = plan.summary;
  const before = graderOfPlan(plan);
  const proposed = proposedGrader(answers).type;
  const choice = (type: GraderSpec['type'], detail: string) => ({
    label: graderName(type),
    description: type === proposed ? whyProposed(type, answers) : '',
    detail,
    value: type,
  });
  const type = await ui.pick<GraderSpec['type']>({
    placeholder: t('How is a reply compared with the true answer?'),
    choices: [
      choice(
        'number',
        t('The number in the reply against the number in the answer: green, orange or red by how far off it is.'),
      ),
      choice('exact', t('The reply must be the answer, apart from spaces around it: green or red.')),
      choice('contains', t('The answer must occur in the reply: green or red.')),
      choice('label', t('The reply must give one of the answers of the test file as its label, and the right one.')),
      choice('regex', t('A pattern must occur in the reply; the answer can be a part of it.')),
    ],
    active: (value) => value === before.type,
  });
  if (type === 'regex') return { ...plan, grader: await askPattern(before, ui) };
  return { ...plan, grader: type === before.type ? before : { type } };
}

function whyProposed(type: GraderSpec['type'], { numericShare, distinct }: AnswerSummary): string {
  switch (type) {
    case 'number':
      return t('proposed: {0}% of the answers hold a number', Math.round(numericShare * 100));
    case 'label':
      return tn(
        distinct,
        'proposed: {0} different answer, which repeats',
        'proposed: {0} different answers, which repeat',
      );
    default:
      return tn(
        distinct,
        'proposed: {0} different answer, few of them numbers',
        'proposed: {0} different answers, few of them numbers',
      );
  }
}

async function askPattern(before: GraderSpec, ui: StepUi): Promise<GraderSpec> {
  const pattern = await ui.input({
    prompt: t('Regular expression; {0} in it is the expected answer', '{{answer}}'),
    value: before.type === 'regex' ? before.pattern : '',
    placeholder: '^{{answer}}\\b',
    validate: (text) => {
      if (text === '') return t('Enter a pattern.');
      try {
        new RegExp(text);
        return null;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  });
  const flags = before.type === 'regex' ? before.flags : undefined;
  return { type: 'regex', pattern, ...(flags === undefined ? {} : { flags }) };
}

export function graderName(type: GraderSpec['type']): string {
  switch (type) {
    case 'number':
      return t('Number');
    case 'exact':
      return t('Exact match');
    case 'contains':
      return t('Contains the answer');
    case 'regex':
      return t('Regular expression');
    case 'label':
      return t('Label');
  }
}

export function graderInWords(grader: GraderSpec): string {
  const facts = [graderName(grader.type)];
  if (grader.type === 'regex') facts.push(grader.pattern);
  if (grader.type === 'label' && grader.labels !== undefined) facts.push(listOf(grader.labels));
  return facts.join(' · ');
}

/** Asks for the metric that claims are about, and for the difference that matters. */
export async function askPrimary(plan: FullPlan, ui: StepUi): Promise<EvaluationPlan> {
  const metrics = primaryMetrics(graderOfPlan(plan));
  const primary =
    metrics.length < 2
      ? primaryOfPlan(plan)
      : await ui.pick<Metric>({
          placeholder: t('Which metric is the claim about? It is named before the run.'),
          choices: metrics.map((metric) => ({ label: metricName(metric), description: metric, value: metric })),
          active: (value) => value === primaryOfPlan(plan),
        });
  const matters = await askNumber(
    ui,
    t("Difference that matters, in percent of the better contestant's figure"),
    percentOf(plan.matters),
    (value) => value > 0 && value <= 1000,
  );
  return { ...plan, primary, matters: matters / 100 };
}

/** Asks whether the run stops as soon as the answer is in; proposed where it saves money. */
export async function askEarlyStopping(plan: FullPlan, ui: StepUi): Promise<EvaluationPlan> {
  const saving = likelySaving(evaluationCost({ ...plan, stopEarly: false }).usd);
  const stopEarly = await ui.pick<boolean>({
    placeholder: t('Should the run stop as soon as the answer is in?'),
    choices: [
      {
        label: t('Ask all rows'),
        description: t('every figure is over the whole test file'),
        value: false,
      },
      {
        label: t('Stop early'),
        description: saving === null ? '' : t('proposed: {0}', saving),
        detail: t(
          'Rows in random order; after 20, 40, 60 and 80% of them a contestant ends whose comparison with the baseline is decided.',
        ),
        value: true,
      },
    ],
    active: (value) => value === plan.stopEarly,
  });
  return { ...plan, stopEarly };
}
