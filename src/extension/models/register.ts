import type * as vscode from 'vscode';
import { COMMANDS, type LateCommands } from '../contributions.ts';
import type { Services } from '../services.ts';
import { registerCommand } from '../ui/registerCommand.ts';
import type { DeadlineNotices } from './deadlineNotices.ts';
import { ModelsTree } from './modelsTree.ts';

/** Registers the Models view, and the notice about models near their end that this view or `jobs` triggers when it is shown. */
export function registerModels(
  services: Services,
  jobs: vscode.TreeView<unknown>,
  late: LateCommands,
): readonly { dispose(): unknown }[] {
  const tree = new ModelsTree(services);
  // Loaded when one of the views is shown: activation does not pay for it.
  let deadlines: Promise<DeadlineNotices> | null = null;
  const look = async (): Promise<void> => {
    deadlines ??= import('./deadlineNotices.ts').then((late) => new late.DeadlineNotices(services));
    (await deadlines).look();
  };
  return [
    tree,
    registerCommand(services, COMMANDS.refreshModels, () => {
      tree.refresh();
    }),
    ...[jobs, tree.view].map((view) =>
      view.onDidChangeVisibility(({ visible }) => {
        if (visible) void look();
      }),
    ),
    ...late('models'),
  ];
}
