import * as vscode from 'vscode';
import { bytesInWords } from '../../core/base/bytes.ts';
import { dayText, t } from '../../core/base/messages.ts';
import { removeEnvironment, type State } from '../../openWeights/environment.ts';
import { placesIn } from '../../openWeights/places.ts';
import { makePlan, type SetUpPlan } from '../../openWeights/plan.ts';
import { OpenWeightsError, SETTING } from '../../openWeights/problems.ts';
import { setUp, updateTrainer } from '../../openWeights/setUp.ts';
import { openWeightsPython } from '../config.ts';
import { COMMANDS } from '../contributions.ts';
import { Cancelled } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import { requireTrust } from '../ui/trust.ts';
import { knownPythons } from './pythonExtension.ts';
import { currentState, task, trainerOf, withRemedies, type OpenWeightsServices } from './shared.ts';

type Choice = 'repair' | 'update' | 'remove' | 'doctor';

/** *Set Up Open-Weights Training…*: `arg` is `repair`, or `quietly` where the caller goes on by itself; plans, asks once, installs; where it is set up already, offers what can be done with it. */
export async function setUpOpenWeights(services: OpenWeightsServices, arg?: unknown): Promise<void> {
  requireTrust();
  const state = await currentState(services);
  const choice = state.kind === 'missing' || arg === 'repair' ? 'repair' : await askWhat(services, state);
  switch (choice) {
    case 'repair':
      return install(services, arg === 'quietly');
    case 'update':
      return update(services);
    case 'remove':
      return remove(services);
    case 'doctor':
      await vscode.commands.executeCommand(COMMANDS.openWeightsDoctor);
  }
}

async function askWhat(
  { ui }: OpenWeightsServices,
  { kind, mark }: Exclude<State, { kind: 'missing' }>,
): Promise<Choice> {
  const items: readonly (vscode.QuickPickItem & { readonly choice: Choice })[] = [
    ...(kind === 'outdated'
      ? [
          {
            label: `$(arrow-up) ${t('Update the trainer')}`,
            description: t('to the one of this version of the extension'),
            choice: 'update' as const,
          },
        ]
      : []),
    { label: `$(pulse) ${t('Run Doctor')}`, choice: 'doctor' },
    { label: `$(tools) ${t('Repair')}`, description: t('makes the environment again'), choice: 'repair' },
    {
      label: `$(trash) ${t('Remove')}`,
      description: t('frees {0}; models and downloads are kept', bytesInWords(mark.bytes)),
      choice: 'remove',
    },
  ];
  const chosen = await ui.pick(items, {
    title: t('Set Up Open-Weights Training'),
    placeHolder: t('Set up on {0}', dayText(new Date(mark.madeAt))),
    ignoreFocusOut: true,
  });
  if (!chosen) throw new Cancelled();
  return chosen.choice;
}

async function install(services: OpenWeightsServices, quietly: boolean): Promise<void> {
  const plan = await confirmedPlan(services);
  await task(services, t('Setting up open-weights training'), (signal, report) =>
    setUp({ storage: services.folder, trainer: trainerOf(services), plan, env: process.env, signal, report }),
  );
  // The notification waits for an answer.
  if (!quietly) await tellReady(services);
}

async function update(services: OpenWeightsServices): Promise<void> {
  await task(services, t('Updating the trainer'), (signal, report) =>
    updateTrainer({
      storage: services.folder,
      trainer: trainerOf(services),
      env: process.env,
      signal,
      report,
      installer: 'pip',
    }),
  );
  await tellReady(services);
}

async function tellReady({ ui, log }: OpenWeightsServices): Promise<void> {
  log.info('Open-weights training is set up');
  await vscode.commands.executeCommand(COMMANDS.refreshModels);
  const add = t('Add Model…');
  const doctor = t('Run Doctor');
  const choice = await ui.notify('information', t('Open-weights training is set up.'), add, doctor);
  if (choice === add) await vscode.commands.executeCommand(COMMANDS.addOpenWeightsModel);
  if (choice === doctor) await vscode.commands.executeCommand(COMMANDS.openWeightsDoctor);
}

async function remove({ ui, folder }: OpenWeightsServices): Promise<void> {
  const button = t('Remove');
  const choice = await ui.modal(
    t('Remove the environment of open-weights training?'),
    t('Models that were trained or downloaded are kept, and cannot be used until it is set up again.'),
    button,
  );
  if (choice !== button) throw new Cancelled();
  await removeEnvironment(placesIn(folder));
  await vscode.commands.executeCommand(COMMANDS.refreshModels);
}

/** Shows what will be installed until the user chooses Start. Plans again after a look at the settings. */
async function confirmedPlan(services: OpenWeightsServices): Promise<SetUpPlan> {
  for (;;) {
    const plan = await task(services, t('Looking for Python'), async (signal) => {
      const made = await makePlan({
        storage: services.folder,
        setting: openWeightsPython(),
        known: await knownPythons(),
        env: process.env,
        signal,
      });
      if (!made.ok) throw withRemedies(services, new OpenWeightsError(made.error));
      return made.value;
    });
    const items = summary(plan);
    const choice = await services.ui.pick(items, {
      title: t('Set Up Open-Weights Training'),
      placeHolder: t('Nothing is installed before you choose Start'),
      ignoreFocusOut: true,
    });
    if (!choice) throw new Cancelled();
    if (choice.does === 'start') return plan;
    if (choice.does === 'setting') {
      await vscode.commands.executeCommand('workbench.action.openSettings', SETTING);
      throw new Cancelled();
    }
  }
}

type Line = vscode.QuickPickItem & { readonly does: 'start' | 'setting' | 'nothing' };

function summary({ python, installer, build, bytes, freeBytes, folder }: SetUpPlan): readonly Line[] {
  const [least, most] = bytes;
  const builds: Readonly<Record<SetUpPlan['build'], string>> = {
    cpu: t('for the CPU'),
    cuda: t('for NVIDIA GPUs'),
    index: t('the build of your package index'),
  };
  return [
    { label: `$(play) ${t('Start')}`, does: 'start' },
    {
      label: `$(terminal) ${t('Python {0}', python.version)}`,
      description: plainText(python.executable),
      detail: t('Choose this line to name another one in the settings.'),
      does: 'setting',
    },
    {
      label: `$(package) ${t('PyTorch, transformers, trl, peft and the trainer')}`,
      description: builds[build],
      detail: installer === 'uv' ? t('Installed by uv from PyPI.') : t('Installed by pip from PyPI.'),
      does: 'nothing',
    },
    {
      label: `$(database) ${
        least === most
          ? t('About {0}', bytesInWords(most))
          : t('Between {0} and {1}', bytesInWords(least), bytesInWords(most))
      }`,
      description: t('{0} are free', bytesInWords(freeBytes)),
      does: 'nothing',
    },
    { label: `$(folder) ${t('In a folder of its own')}`, description: plainText(folder), does: 'nothing' },
  ];
}
