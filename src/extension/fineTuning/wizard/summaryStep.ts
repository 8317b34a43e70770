import path from 'node:path';
import * as vscode from 'vscode';
import { dollars } from '../../../core/cost/estimate.ts';
import { isFree } from '../../../core/provider/localModel.ts';
import { profileOf } from '../../../core/provider/profiles.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { METHODS } from './methodSteps.ts';
import { plannedCost } from './plannedCost.ts';
import { DEFAULT_SEED, hyperparametersInWords, validationInWords, warningsOf, type TuningPlan } from './tuningPlan.ts';
import { count } from '../../../core/base/numbers.ts';

export async function showSummary(plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const { epochs, estimate } = plannedCost(plan);
  const automatic = plan.hyperparameters.n_epochs === 'auto';
  const summary = plan.trainingSummary;
  const tokens = summary.tokens === null ? '' : ` · ${count(summary.tokens)} tokens`;
  const warnings = warningsOf(plan);
  const lines: (Choice<string> | vscode.QuickPickItem)[] = [
    { label: '$(play) Start', description: estimate.sentence, alwaysShow: true, value: 'start' },
    { label: 'What will happen', kind: vscode.QuickPickItemKind.Separator },
    {
      label: 'Examples',
      description: `${path.basename(plan.training)}: ${count(summary.examples)}${tokens}`,
      value: 'summary',
    },
    ...(warnings.length > 0
      ? [
          {
            label: '$(warning) Warnings',
            description: `${count(warnings.length)}: ${warnings[0] ?? ''}`,
            value: 'warnings',
          },
        ]
      : []),
    { label: 'Validation', description: validationInWords(plan), value: 'validation' },
    ...(plan.method === 'supervised'
      ? []
      : [{ label: 'Method', description: METHODS[plan.method].title, value: 'method' }]),
    ...(plan.method === 'reinforcement'
      ? [
          {
            label: 'Grader',
            description: plan.grader === null ? 'not chosen' : `${plan.grader.type} · ${plainText(plan.grader.name)}`,
            value: 'grader',
          },
        ]
      : []),
    { label: 'Connection', description: plainText(plan.connection.name), value: 'connection' },
    { label: 'Base model', description: plainText(plan.model), value: 'model' },
    ...(estimate.usd === null || estimate.usd === 0
      ? []
      : [
          {
            label: 'Price',
            description: `about ${dollars(estimate.usd / epochs)} an epoch, ${dollars(estimate.usd)} in total`,
            value: 'summary',
          },
        ]),
    {
      label: 'Epochs',
      description: !automatic
        ? String(epochs)
        : isFree(plan.connection, plan.model)
          ? `automatic, chosen on held-back training examples${plan.validation.kind === 'none' ? '' : ' and the validation file'}`
          : `automatic, ${String(epochs)} expected`,
      value: 'hyperparameters',
    },
    { label: 'Hyperparameters', description: hyperparametersInWords(plan.hyperparameters), value: 'hyperparameters' },
    { label: 'Suffix', description: plan.suffix || 'none', value: 'suffix' },
    {
      label: 'Seed',
      description: plan.seed === null ? "the provider's choice" : String(plan.seed ?? DEFAULT_SEED),
      value: 'seed',
    },
    ...(profileOf(plan.connection.kind).wandb
      ? [{ label: 'Weights & Biases', description: plainText(plan.wandbProject) || 'none', value: 'wandb' }]
      : []),
    { label: 'Advanced…', description: advancedInWords(plan), value: 'advanced' },
  ];
  const choice = await ui.pick<string>({ placeholder: 'Start, or choose a line to change it', choices: lines });
  if (choice === 'advanced') ui.goTo('advanced', { ...plan, advanced: true });
  if (choice !== 'start') ui.goTo(choice);
  return plan;
}

function advancedInWords(plan: TuningPlan): string {
  const pairs = Object.keys(plan.metadata).length;
  const { entity, name, tags } = plan.wandb;
  const reports = profileOf(plan.connection.kind).wandb && plan.wandbProject !== '';
  const parts = [
    ...(reports ? [entity, name, tags.join(', ')].filter(Boolean).map(plainText) : []),
    ...(pairs > 0 ? [`${String(pairs)} ${pairs === 1 ? 'pair' : 'pairs'} of metadata`] : []),
  ];
  return parts.join(' · ') || 'metadata, details of W&B';
}
