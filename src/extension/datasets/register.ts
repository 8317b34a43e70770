import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { documentPage } from '../ui/documentPage.ts';
import { registerCommand } from '../ui/registerCommand.ts';
import { COMMANDS, type CommandId, type LateCommands } from '../contributions.ts';
import type { LineExcerpts } from './excerpts.ts';
import { offerToSave, toPath } from './files.ts';
import { withCancel } from '../ui/progress.ts';
import type { Services } from '../services.ts';
import { DatasetLenses, EXPLAIN_TOKENS, explainTokens } from './editor/codeLenses.ts';
import { SELECTOR } from './editor/datasetDocuments.ts';
import { DatasetDiagnostics } from './editor/diagnostics.ts';
import { DocumentChecks } from './editor/documentChecks.ts';
import { DatasetHovers } from './editor/hovers.ts';
import { FIX_BYTES } from './editor/fixIds.ts';
import { LateFixes } from './editor/lateFixes.ts';
import { DatasetOutline } from './editor/outline.ts';
import { GraderChoices } from './commands/graderChoices.ts';
import { DatasetStatus } from './editor/statusBar.ts';

// Read when a command is first called, as the late commands are.
const newFiles = () => import('./commands/newFiles.ts');
const relations = () => import('./commands/compareCommands.ts');

export type DatasetServices = Pick<Services, 'context' | 'datasets' | 'log' | 'ui'>;

/** Registers everything that the editor shows of datasets. Nothing is read, and no thread started, before one is open. */
export function registerDatasets(
  { context, datasets, log, ui }: DatasetServices,
  excerpts: LineExcerpts,
  late: LateCommands,
): readonly { dispose(): unknown }[] {
  const graders = new GraderChoices(context.workspaceState);
  const checks = new DocumentChecks(datasets, graders, log);
  const diagnostics = new DatasetDiagnostics(checks, documentPage(context.extension.packageJSON, 'dataset-rules'));
  const services = { datasets, diagnostics, checks, graders, ui };
  const register = (id: CommandId, run: (...args: readonly unknown[]) => Promise<void> | void): vscode.Disposable =>
    registerCommand({ log, ui }, id, run);
  return [
    excerpts.register(),
    ...late('datasets'),
    checks,
    diagnostics,
    new DatasetStatus(checks),
    vscode.languages.registerCodeLensProvider(SELECTOR, new DatasetLenses(checks)),
    vscode.languages.registerHoverProvider(SELECTOR, new DatasetHovers(datasets)),
    vscode.languages.registerDocumentSymbolProvider(SELECTOR, new DatasetOutline(datasets), {
      label: t('Dataset'),
    }),
    vscode.languages.registerCodeActionsProvider(SELECTOR, new LateFixes(datasets, checks), LateFixes.metadata),
    register(COMMANDS.checkDataset, async (...args) => (await relations()).checkDataset(services, args)),
    register(COMMANDS.checkGrader, async (...args) => (await relations()).checkAgainstGrader(services, args)),
    register(COMMANDS.fixAllProblems, async (...args) => (await relations()).fixAll(services, args)),
    register(COMMANDS.removeDuplicates, async (...args) => (await relations()).removeDuplicates(services, args)),
    register(COMMANDS.findContradictions, async (...args) => (await relations()).findContradictions(services, args)),
    register(COMMANDS.findLeakage, async (...args) => (await relations()).findLeakage(services, args)),
    register(COMMANDS.splitDataset, async (...args) => (await newFiles()).splitDataset(services, args)),
    register(COMMANDS.sampleDataset, async (...args) => (await newFiles()).sampleDataset(services, args)),
    register(COMMANDS.convertDataset, async (...args) => (await newFiles()).convertDataset(services, args)),
    register(FIX_BYTES, async (uri, code) => {
      if (!(uri instanceof vscode.Uri) || typeof code !== 'string') return;
      const file = toPath(uri);
      await offerToSave(ui, [file]);
      await withCancel(ui, t('Saving {0}…', path.basename(file)), (signal) =>
        datasets.fixFile(file, file, [code], signal),
      );
      checks.again(uri);
    }),
    vscode.commands.registerCommand(EXPLAIN_TOKENS, (uri: vscode.Uri) => {
      explainTokens(
        ui,
        checks.all().find(({ document }) => document.uri.toString() === uri.toString()),
      );
    }),
  ];
}
