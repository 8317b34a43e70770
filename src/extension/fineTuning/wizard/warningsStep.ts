// Warnings before money or time is spent, with the safe choice first.
import { t, tn } from '../../../core/base/messages.ts';
import * as vscode from 'vscode';
import { makeCleanSplit } from '../../datasets/commands/cleanSplit.ts';
import { refuseErrors } from '../../datasets/findings.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { contradictionsIn, inspectFor } from './trainingFile.ts';
import { areAccepted, leakedRows, warningsOf, type TuningPlan, type WizardServices } from './tuningPlan.ts';
import { measuredOn } from './validationStep.ts';

type Answer = 'split' | 'other' | 'continue';

/** Largest number of listed warnings; the rest is counted. */
const SHOWN = 20;

/** Line of a summary that leads to the warnings; none without any. */
export function warningsRow(plan: TuningPlan): readonly Choice<string>[] {
  const warnings = warningsOf(plan);
  const [first] = warnings;
  if (first === undefined) return [];
  const description = areAccepted(plan) ? t('accepted: {0}', first) : t('{0}: {1}', warnings.length, first);
  return [{ label: `$(warning) ${t('Warnings')}`, description, value: 'warnings' }];
}

/** Shows the warnings before a start, until the user accepts them. When both files share rows, separating them is the first choice. */
export async function askAboutWarnings(services: WizardServices, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const warnings = warningsOf(plan);
  const shown = warnings.slice(0, SHOWN);
  const more = warnings.length - shown.length;
  const { validation } = plan;
  const leaks = leakedRows(plan.overlap) > 0 && validation.kind === 'file';
  const chosen = await ui.pick<Answer | null>({
    placeholder: tn(warnings.length, 'Review {0} warning before you start', 'Review {0} warnings before you start'),
    choices: [
      ...(leaks ? safeChoices() : []),
      { label: `$(arrow-right) ${t('Continue Anyway')}`, alwaysShow: true, value: 'continue' },
      { label: t('Warnings'), kind: vscode.QuickPickItemKind.Separator },
      ...shown.map(warningChoice),
      ...(more > 0 ? [{ label: tn(more, 'and {0} more', 'and {0} more'), value: null }] : []),
    ],
    active: (value) => value === (leaks ? 'split' : 'continue'),
  });
  // The summary shows the other rows and their price before anything is started.
  const summary = { ...plan, starting: false };
  if (chosen === 'other') return ui.goTo('validation', summary);
  if (chosen === 'split' && validation.kind === 'file') return splitCleanly(services, summary, validation.path);
  // Warnings are only text: choosing one asks again.
  if (chosen === null) return ui.goTo('warnings', plan);
  return { ...plan, accepted: warnings };
}

function safeChoices(): readonly Choice<Answer>[] {
  return [
    {
      label: `$(split-horizontal) ${t('Make a Clean Split')}`,
      description: t('two new files without shared rows; the existing files do not change'),
      alwaysShow: true,
      value: 'split',
    },
    { label: `$(file) ${t('Choose Another Validation File…')}`, alwaysShow: true, value: 'other' },
  ];
}

/** Replaces both files of the plan by two new files that share no row, and checks them as the first ones. */
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

/** Letters of a quick pick item before it is cut off. */
const ROW_LETTERS = 74;

/** Continues a long sentence in the line below. */
export function warningChoice(warning: string): Choice<null> {
  const text = plainText(warning);
  const space = text.lastIndexOf(' ', ROW_LETTERS);
  if (text.length <= ROW_LETTERS || space <= 0) return { label: `$(warning) ${text}`, value: null };
  return { label: `$(warning) ${text.slice(0, space)}`, detail: text.slice(space + 1), value: null };
}
