import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { askDoctor, doctorText } from '../../openWeights/doctor.ts';
import { requireTrust } from '../ui/trust.ts';
import { readyPython, task, type OpenWeightsServices } from './shared.ts';

const SCHEME = 'tuning-fork-doctor';

/** Reports by the path of their document; the last one of each window is kept. */
let last = '';
let provider: vscode.Disposable | undefined;
const changed = new vscode.EventEmitter<vscode.Uri>();

/** *Run Open-Weights Doctor*: shows versions, devices, memory and a training step as a page. */
export async function openWeightsDoctor(services: OpenWeightsServices): Promise<void> {
  requireTrust();
  const python = await readyPython(services);
  const report = await task(services, t('Looking at open-weights training'), (signal) =>
    askDoctor(python, process.env, signal),
  );
  last = doctorText(report, { python, at: new Date().toISOString() });
  if (provider === undefined) {
    provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: () => last,
    });
    services.context.subscriptions.push(provider);
  }
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${t('Open-Weights Doctor')}.md` });
  changed.fire(uri);
  // VS Code's own Markdown extension may be off.
  const shown = await vscode.commands.executeCommand('markdown.showPreview', uri).then(
    () => true,
    () => false,
  );
  if (!shown) await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
}
