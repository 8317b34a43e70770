// As much of `vscode` as drawing a tree needs, for unit tests: `vi.mock('vscode', async () => (await import(…)).vscodeDouble())`.

class EventEmitter {
  readonly event = (): { dispose: () => void } => ({ dispose: () => undefined });
  fire(): void {
    // Nobody listens here.
  }
  dispose(): void {
    // Nothing to end.
  }
}

class TreeItem {
  label: string;
  collapsibleState: number;
  constructor(label: string, collapsibleState = 0) {
    this.label = label;
    this.collapsibleState = collapsibleState;
  }
}

class Named {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}

const nothing = (): { dispose: () => void } => ({ dispose: () => undefined });

export function vscodeDouble(): Readonly<Record<string, unknown>> {
  return {
    EventEmitter,
    TreeItem,
    ThemeIcon: Named,
    ThemeColor: Named,
    Uri: { from: (parts: object) => parts, file: (fsPath: string) => ({ scheme: 'file', fsPath }) },
    TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
    StatusBarAlignment: { Left: 1 },
    QuickPickItemKind: { Separator: -1 },
    commands: { executeCommand: () => Promise.resolve() },
    window: {
      createTreeView: () => ({ onDidChangeVisibility: nothing, dispose: () => undefined, message: '', visible: true }),
    },
    workspace: { isTrusted: true, getConfiguration: () => ({ get: () => undefined }) },
  };
}
