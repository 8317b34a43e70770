// Summary of a sweep and the questions behind its lines. The others are those of a start.
import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { whyRefused } from '../../../core/base/result.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { profileOf, takesAdvanced } from '../../../core/provider/profiles.ts';
import {
  chooseRuns,
  designInWords,
  gridSize,
  MOST_RUNS,
  parseBudget,
  parseValues,
  USUAL_RANK,
  valuesInWords,
  type SweepAxes,
  type SweepAxis,
  type SweepSettings,
} from '../../../core/training/sweep/sweepPlan.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { SUMMARY, type Question } from '../../ui/summaryWizard.ts';
import { measureRow, timeOfRuns } from './measureRow.ts';
import { plannedCost } from './plannedCost.ts';
import {
  areAccepted,
  DEFAULT_SEED,
  measuredOf,
  validationInWords,
  type SweepChoice,
  type TuningPlan,
} from './tuningPlan.ts';
import { warningsRow } from './warningsStep.ts';

/** Values that the planned model has. */
export function axesOf({ connection, model }: TuningPlan, { axes }: SweepChoice): SweepAxes {
  return takesAdvanced(profileOf(connection.kind), model) ? axes : { ...axes, ranks: null };
}

/** Seed of the design; the runs train with the same. */
export function designSeed({ seed }: TuningPlan): number {
  return seed ?? DEFAULT_SEED;
}

/** Runs of the planned sweep. */
export function runsOf(plan: TuningPlan, sweep: SweepChoice): readonly SweepSettings[] {
  const axes = axesOf(plan, sweep);
  const usual = { rate: 1, rank: axes.ranks === null ? null : USUAL_RANK, epochs: usualEpochs(plan) };
  return chooseRuns(axes, { budget: sweep.budget, seed: designSeed(plan), usual });
}

/** Epochs that a job with automatic ones is expected to have. */
export function usualEpochs(plan: TuningPlan): number {
  return plannedCost(plan).epochs;
}

/** Shows the plan of a sweep. Returns for a start, with every warning accepted. */
export async function showSweepSummary(before: TuningPlan, sweep: SweepChoice, ui: StepUi): Promise<TuningPlan> {
  const told = measuredOf(before);
  const plan = { ...before, measured: told === null ? null : before.measured };
  const isRefused = told?.kind === 'refused';
  if (plan.starting && areAccepted(plan) && !isRefused) return { ...plan, starting: false };
  const choice = await ui.pick<string>({
    placeholder: t('Start, or choose a line to change it'),
    choices: linesOf(plan, sweep),
  });
  if (choice !== 'start') ui.goTo(choice, { ...plan, starting: false });
  if (isRefused) ui.goTo('refused', { ...plan, starting: false });
  if (!areAccepted(plan)) ui.goTo('warnings', { ...plan, starting: true });
  return plan;
}

function linesOf(plan: TuningPlan, sweep: SweepChoice): readonly (Choice<string> | vscode.QuickPickItem)[] {
  const axes = axesOf(plan, sweep);
  const runs = runsOf(plan, sweep);
  const time = timeOfRuns(
    plan,
    runs.map(({ epochs }) => epochs),
    usualEpochs(plan),
  );
  return [
    {
      label: `$(play) ${t('Start')}`,
      description: startInWords(plan, runs.length),
      alwaysShow: true,
      value: 'start',
    },
    ...warningsRow(plan),
    { label: t('Tried settings'), kind: vscode.QuickPickItemKind.Separator },
    { label: t('Learning rate multiplier'), description: valuesInWords(axes.rates), value: 'rates' },
    ...(axes.ranks === null
      ? []
      : [
          {
            label: t('LoRA rank'),
            description:
              plan.advanced.lora_alpha === undefined
                ? t('{0}, alpha is twice the rank', valuesInWords(axes.ranks))
                : valuesInWords(axes.ranks),
            value: 'ranks',
          },
        ]),
    { label: t('Epochs'), description: valuesInWords(axes.epochs), value: 'epochs' },
    { label: t('Runs'), description: designInWords(axes, runs.length, designSeed(plan)), value: 'runs' },
    ...(time === null ? [] : [{ label: t('Time of all runs'), description: t('about {0}', time), value: 'measure' }]),
    { label: t('The same in all runs'), kind: vscode.QuickPickItemKind.Separator },
    {
      label: t('Training file'),
      description: tn(
        plan.trainingSummary.examples,
        '{1}, {0} example',
        '{1}, {0} examples',
        path.basename(plan.training),
      ),
      value: SUMMARY,
    },
    { label: t('Validation'), description: validationInWords(plan), value: 'validation' },
    {
      label: t('Connection'),
      description: plainText(plan.connection.name),
      value: 'connection',
    },
    { label: t('Base model'), description: plainText(plan.model), value: 'model' },
    ...measureRow(plan),
    {
      label: t('Stop early'),
      description: plan.stopEarly ? t('when validation gets worse') : t('off'),
      value: 'stopEarly',
    },
    { label: t('Seed'), description: String(designSeed(plan)), value: 'seed' },
    ...(axes.ranks === null
      ? []
      : [{ label: t('Advanced…'), description: t('memory and batches, metadata'), value: 'advanced' }]),
  ];
}

function startInWords({ connection }: TuningPlan, runs: number): string {
  if (!trainsTogether(connection))
    return tn(runs, '{0} run, free, on this machine', '{0} runs, one after the other, free, on this machine');
  return tn(
    runs,
    '{0} run on the cluster; no provider bills it, cost of the cluster not known',
    '{0} runs, as many at once as fit; no provider bills them, cost of the cluster not known',
  );
}

/** Whether all runs are started at once, and the cluster decides how many train beside each other. */
export function trainsTogether({ kind }: Pick<Connection, 'kind'>): boolean {
  return kind === 'ray';
}

/** Questions of a sweep alone. */
export const SWEEP_QUESTIONS: Readonly<Record<string, Question<TuningPlan>>> = {
  rates: (plan, ui) => askValues('rates', t('Learning rate multipliers to try: factors of the usual rate'), plan, ui),
  ranks: (plan, ui) => askValues('ranks', t('LoRA ranks to try: sizes of the adapter'), plan, ui),
  epochs: (plan, ui) => askValues('epochs', t('Numbers of epochs to try: how often every example is seen'), plan, ui),
  runs: askBudget,
};

async function askValues(axis: SweepAxis, prompt: string, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const { sweep } = plan;
  if (sweep === null) return plan;
  const typed = await ui.input({
    prompt,
    value: sweep.axes[axis].join(', '),
    live: true,
    validate: (value) => whyRefused(parseValues(axis, value)),
  });
  const read = parseValues(axis, typed);
  return read.ok ? { ...plan, sweep: { ...sweep, axes: { ...sweep.axes, [axis]: read.value } } } : plan;
}

async function askBudget(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const { sweep } = plan;
  if (sweep === null) return plan;
  const typed = await ui.input({
    prompt: t(
      'Runs at most: {0} combinations are possible, and each run is a whole training (2 … {1})',
      gridSize(axesOf(plan, sweep)),
      MOST_RUNS,
    ),
    value: String(sweep.budget),
    live: true,
    validate: (value) => whyRefused(parseBudget(value)),
  });
  const read = parseBudget(typed);
  return read.ok ? { ...plan, sweep: { ...sweep, budget: read.value } } : plan;
}
