import { isServedHere } from '../../../core/provider/connection.ts';
import path from 'node:path';
import * as vscode from 'vscode';
import { t, tn } from '../../../core/base/messages.ts';
import { dollars } from '../../../core/cost/estimate.ts';
import { isFree, LOCAL_BASE_MODEL } from '../../../core/provider/localModel.ts';
import { profileOf, takesAdvanced } from '../../../core/provider/profiles.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { SUMMARY } from '../../ui/summaryWizard.ts';
import { measureRow } from './measureRow.ts';
import { moreDataRow } from './moreDataRow.ts';
import { methodTitle } from './methodSteps.ts';
import { plannedCost } from './plannedCost.ts';
import { hyperparametersInWords } from '../../../core/training/words/hyperparametersText.ts';
import { advancedInWords as advancedSettingsInWords } from '../../../core/training/words/advancedText.ts';
import {
  advancedFor,
  areAccepted,
  canStopEarly,
  measuredOf,
  validationInWords,
  type TuningPlan,
} from './tuningPlan.ts';
import { warningsRow } from './warningsStep.ts';

/** Shows every setting of the plan, each with the way to its question. Returns for a start, with every warning accepted. */
export async function showSummary(before: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const told = measuredOf(before);
  // What was measured for other settings is forgotten, also where these come back: the memory that is free changes.
  const plan = { ...before, measured: told === null ? null : before.measured };
  const isRefused = told?.kind === 'refused';
  // The warnings were all that was between Start and the start.
  if (plan.starting && areAccepted(plan) && !isRefused) return { ...plan, starting: false };
  const { epochs, estimate } = plannedCost(plan);
  const automatic = plan.hyperparameters.n_epochs === 'auto';
  const summary = plan.trainingSummary;
  const lines: (Choice<string> | vscode.QuickPickItem)[] = [
    { label: `$(play) ${t('Start')}`, description: estimate.sentence, alwaysShow: true, value: 'start' },
    ...warningsRow(plan),
    { label: t('Settings'), kind: vscode.QuickPickItemKind.Separator },
    {
      label: t('Training file'),
      description: [
        tn(summary.examples, '{1}, {0} example', '{1}, {0} examples', path.basename(plan.training)),
        ...(summary.tokens === null ? [] : [tn(summary.tokens, '{0} token', '{0} tokens')]),
      ].join(' · '),
      value: SUMMARY,
    },
    { label: t('Validation'), description: validationInWords(plan), value: 'validation' },
    ...moreDataRow(plan),
    { label: t('Method'), description: t('{0}, by the form of the rows', methodTitle(plan.method)), value: 'method' },
    ...(plan.method === 'reinforcement'
      ? [
          {
            label: t('Grader'),
            description:
              plan.grader === null ? t('not chosen') : `${plan.grader.type} · ${plainText(plan.grader.name)}`,
            value: 'grader',
          },
        ]
      : []),
    { label: t('Connection'), description: plainText(plan.connection.name), value: 'connection' },
    { label: t('Base model'), description: modelInWords(plan), value: 'model' },
    {
      label: t('Price'),
      description:
        estimate.usd === null
          ? t('not known in advance')
          : estimate.usd === 0
            ? plan.connection.kind === 'ray'
              ? t('not billed by a provider')
              : t('free')
            : t('about {0} per epoch, {1} in total', dollars(estimate.usd / epochs), dollars(estimate.usd)),
      value: estimate.usd === 0 ? SUMMARY : 'hyperparameters',
    },
    ...measureRow(plan),
    {
      label: t('Epochs'),
      description: automatic ? automaticEpochsInWords(plan, epochs) : String(epochs),
      value: 'hyperparameters',
    },
    {
      label: t('Hyperparameters'),
      description: hyperparametersInWords(plan.hyperparameters),
      value: 'hyperparameters',
    },
    ...(isServedHere(plan.connection)
      ? [
          {
            label: t('Stop early'),
            description: stopEarlyInWords(plan),
            value: canStopEarly(plan) ? 'stopEarly' : 'validation',
          },
        ]
      : []),
    { label: t('Suffix'), description: plan.suffix || t('none'), value: 'suffix' },
    {
      label: t('Seed'),
      description: plan.seed === null ? t('chosen by the provider') : String(plan.seed),
      value: 'seed',
    },
    ...(profileOf(plan.connection.kind).wandb
      ? [{ label: t('Weights & Biases'), description: plainText(plan.wandbProject) || t('none'), value: 'wandb' }]
      : []),
    { label: t('Advanced…'), description: advancedInWords(plan), value: 'advanced' },
  ];
  const choice = await ui.pick<string>({ placeholder: t('Start, or choose a line to change it'), choices: lines });
  if (choice !== 'start') ui.goTo(choice, { ...plan, starting: false });
  if (isRefused) ui.goTo('refused', { ...plan, starting: false });
  if (!areAccepted(plan)) ui.goTo('warnings', { ...plan, starting: true });
  return plan;
}

function automaticEpochsInWords(plan: TuningPlan, expected: number): string {
  // Only the linear engine tries out numbers of epochs.
  if (!isFree(plan.connection, plan.model) || plan.model !== LOCAL_BASE_MODEL)
    return t('automatic, {0} expected', expected);
  return plan.validation.kind === 'none'
    ? t('automatic, chosen on held-back training examples')
    : t('automatic, chosen on held-back training examples and the validation file');
}

/** Name of the base model; that of the baseline, which may be proposed without a question, says that it is one. */
function modelInWords({ connection, model }: TuningPlan): string {
  return connection.kind === 'local' && model === LOCAL_BASE_MODEL
    ? t('{0}, a linear baseline, not a language model', model)
    : plainText(model);
}

function stopEarlyInWords(plan: TuningPlan): string {
  if (!canStopEarly(plan)) return t('off: it needs a validation file');
  return plan.stopEarly ? t('when validation gets worse') : t('off');
}

function advancedInWords(plan: TuningPlan): string {
  const pairs = Object.keys(plan.metadata).length;
  const { entity, name, tags } = plan.wandb;
  const reports = profileOf(plan.connection.kind).wandb && plan.wandbProject !== '';
  const settings = advancedSettingsInWords(advancedFor(plan));
  const parts = [
    ...(settings === '' ? [] : [settings]),
    ...(reports ? [entity, name, tags.join(', ')].filter(Boolean).map(plainText) : []),
    ...(pairs > 0 ? [tn(pairs, '{0} metadata entry', '{0} metadata entries')] : []),
  ];
  if (parts.length > 0) return parts.join(' · ');
  return takesAdvanced(profileOf(plan.connection.kind), plan.model)
    ? t('LoRA, memory and batches, metadata')
    : t('metadata, W&B details');
}
