import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { stateOf, type State } from '../../openWeights/environment.ts';
import { notSetUp, OpenWeightsError, SETTING } from '../../openWeights/problems.ts';
import { FetchCancelled } from '../../openWeights/downloads.ts';
import { SetUpCancelled } from '../../openWeights/setUp.ts';
import { COMMANDS } from '../contributions.ts';
import type { Services } from '../services.ts';
import { Cancelled, ProblemError, type Remedy } from '../ui/errors.ts';
import { withCancel } from '../ui/progress.ts';
import type { Report } from '../ui/ui.ts';

export type OpenWeightsServices = Pick<Services, 'context' | 'folder' | 'log' | 'ui'>;

/** Folder of the trainer's files in the extension. */
export function trainerOf({ context }: OpenWeightsServices): string {
  return path.join(context.extensionPath, 'trainer');
}

export function currentState(services: OpenWeightsServices): Promise<State> {
  return stateOf(services.folder, trainerOf(services));
}

/** @throws ProblemError that leads to the set-up when there is no environment */
export async function readyPython(services: OpenWeightsServices): Promise<string> {
  const state = await currentState(services);
  if (state.kind === 'missing') throw withRemedies(services, new OpenWeightsError(notSetUp()));
  return state.python;
}

/** Runs a task with a cancelable notification; it also ends when the window closes. Failures get their buttons. */
export async function task<T>(
  services: OpenWeightsServices,
  title: string,
  run: (signal: AbortSignal, report: Report) => Promise<T>,
): Promise<T> {
  const closing = new AbortController();
  const subscription = {
    dispose: () => {
      closing.abort();
    },
  };
  services.context.subscriptions.push(subscription);
  try {
    return await withCancel(services.ui, title, (signal, report) =>
      run(AbortSignal.any([signal, closing.signal]), report),
    );
  } catch (error) {
    if (error instanceof SetUpCancelled || error instanceof FetchCancelled) throw new Cancelled();
    throw error instanceof OpenWeightsError ? withRemedies(services, error) : error;
  } finally {
    const { subscriptions } = services.context;
    const at = subscriptions.indexOf(subscription);
    if (at >= 0) subscriptions.splice(at, 1);
  }
}

/** The problem with the buttons that carry out its action. */
export function withRemedies(services: Pick<Services, 'ui'>, { problem, log }: OpenWeightsError): ProblemError {
  return new ProblemError(
    problem,
    remedyOf(services, problem.code),
    log === null ? undefined : { title: t('Open Log'), run: () => openLog(log) },
  );
}

async function openLog(file: string): Promise<void> {
  await vscode.window.showTextDocument(vscode.Uri.file(file));
}

function remedyOf({ ui }: Pick<Services, 'ui'>, code: string): Remedy | undefined {
  switch (code) {
    case 'no-python':
      return {
        title: t('Get Python'),
        run: async () => {
          await ui.openExternal(vscode.Uri.parse('https://www.python.org/downloads/'));
        },
      };
    case 'old-python':
      return { title: t('Open Setting'), command: 'workbench.action.openSettings', args: [SETTING] };
    case 'not-set-up':
      return { title: t('Set Up…'), command: COMMANDS.setUpOpenWeights };
    case 'install-failed':
    case 'trainer-broken':
      return { title: t('Repair…'), command: COMMANDS.setUpOpenWeights, args: ['repair'] };
    default:
      return undefined;
  }
}
