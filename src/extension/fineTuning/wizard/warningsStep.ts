// What a person should know before money or time is spent, with the safe way on as the first choice.
import { count } from '../../../core/base/numbers.ts';
import * as vscode from 'vscode';
import { makeCleanSplit } from '../../datasets/commands/cleanSplit.ts';
import { refuseErrors } from '../../datasets/findings.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { contradictionsIn, inspectFor } from './trainingFile.ts';
import { warningsOf, type TuningPlan, type WizardServices } from './tuningPlan.ts';
import { measuredOn } from './validationStep.ts';

type WayOn = 'split' | 'other' | 'continue';

/** Warnings shown in the list; the rest is a number. */
const SHOWN = 20;

/** Asks whenever there are warnings, so that nothing is started past them unread. Shared rows offer to be separated first. */
export async function askAboutWarnings(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const warnings = warningsOf(plan);
  const shown = warnings.slice(0, SHOWN);
  const more = warnings.length - shown.length;
  const { validation } = plan;
  const leaks = plan.leaked > 0 && validation.kind === 'file';
  const chosen = await ui.pick<WayOn | null>({
    placeholder: `${count(warnings.length)} ${warnings.length === 1 ? 'thing' : 'things'} to know before this is trained`,
    choices: [
      ...(leaks ? SAFE_WAYS : []),
      { label: '$(arrow-right) Continue Anyway', alwaysShow: true, value: 'continue' },
      { label: 'What was found', kind: vscode.QuickPickItemKind.Separator },
      ...shown.map(warningChoice),
      ...(more > 0 ? [{ label: `and ${count(more)} more`, value: null }] : []),
    ],
    active: (value) => value === (leaks ? 'split' : 'continue'),
  });
  if (chosen === 'other') return ui.goTo('validation', plan);
  if (chosen === 'split' && validation.kind === 'file')
    return ui.goTo('warnings', await splitCleanly(services, plan, validation.path));
  // A row of the list is there to be read: the way on is still to be chosen.
  if (chosen === null) return ui.goTo('warnings', plan);
  return plan;
}

const SAFE_WAYS: readonly Choice<WayOn>[] = [
  {
    label: '$(split-horizontal) Make a Clean Split',
    description: 'two new files without shared rows; these stay as they are',
    alwaysShow: true,
    value: 'split',
  },
  { label: '$(file) Choose Another Validation File…', alwaysShow: true, value: 'other' },
];

/** The plan with two new files that share no row, checked as the first ones were. */
async function splitCleanly(services: WizardServices, plan: TuningPlan, held: string): Promise<TuningPlan> {
  const clean = await makeCleanSplit(services, plan.training, held);
  const { training } = clean;
  const { summary } = await inspectFor(services.ui, services.datasets, training, {
    countTokens: true,
    forTraining: true,
  });
  await refuseErrors(services.ui, training, summary);
  const contradictions = await contradictionsIn(services, training, plan.method);
  return measuredOn(services, { ...plan, training, trainingSummary: summary, contradictions }, clean.held);
}

/** Letters of a row in a quick pick before it is cut off. */
const ROW_LETTERS = 74;

/** A sentence that is longer than a row goes on in the line below. */
function warningChoice(warning: string): Choice<null> {
  const text = plainText(warning);
  const space = text.lastIndexOf(' ', ROW_LETTERS);
  if (text.length <= ROW_LETTERS || space <= 0) return { label: `$(warning) ${text}`, value: null };
  return { label: `$(warning) ${text.slice(0, space)}`, detail: text.slice(space + 1), value: null };
}
