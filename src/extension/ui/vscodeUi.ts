import * as vscode from 'vscode';
import { Back, type InputOptions, type ListOptions, type PickOptions, type StepPlace, type Ui } from './ui.ts';

/** Asks the user in the window. */
export function vscodeUi(): Ui {
  return {
    pick: async (items, options) => {
      const { place, active, later, ...plain } = options;
      if (place === undefined && active === undefined && later === undefined) {
        return vscode.window.showQuickPick(items, plain);
      }
      return pickInBox(items, options);
    },
    pickMany: async (items, options) => {
      const { place, ...plain } = options;
      return place === undefined
        ? vscode.window.showQuickPick(items, { ...plain, canPickMany: true })
        : pickManyInBox(items, options, place);
    },
    input: async (options) => {
      const { place } = options;
      return place === undefined ? vscode.window.showInputBox(options) : inputInBox(options, place);
    },
    modal: async (question, detail, ...buttons) =>
      vscode.window.showWarningMessage(question, detail === '' ? { modal: true } : { modal: true, detail }, ...buttons),
    notify: async (kind, text, ...actions) => {
      switch (kind) {
        case 'information':
          return vscode.window.showInformationMessage(text, ...actions);
        case 'warning':
          return vscode.window.showWarningMessage(text, ...actions);
        case 'error':
          return vscode.window.showErrorMessage(text, ...actions);
      }
    },
    progress: async (title, onCancel, run) =>
      vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title, cancellable: true },
        async (progress, token) => {
          token.onCancellationRequested(onCancel);
          let shown = 0;
          return run((message, fraction) => {
            const percent = fraction === undefined ? shown : Math.max(shown, Math.round(fraction * 100));
            progress.report({ message, increment: percent - shown });
            shown = percent;
          });
        },
      ),
    openDialog: async (options) => vscode.window.showOpenDialog(options),
    saveDialog: async (options) => vscode.window.showSaveDialog(options),
    status: (text, ms) => {
      vscode.window.setStatusBarMessage(text, ms);
    },
    copy: async (text) => vscode.env.clipboard.writeText(text),
    openExternal: async (uri) => vscode.env.openExternal(uri),
  };
}

/** Asks with a list that belongs to a wizard, starts at another item than the first, or receives its details later. */
async function pickInBox<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: PickOptions<T>,
): Promise<T | undefined> {
  const box = listBox<T>(options);
  box.items = items;
  if (options.active !== undefined) box.activeItems = [options.active];
  const abort = new AbortController();
  if (options.later !== undefined) {
    box.busy = true;
    box.keepScrollPosition = true;
    options
      .later(abort.signal)
      .then(
        (found) => {
          if (abort.signal.aborted) return;
          const at = box.items.findIndex((item) => item === box.activeItems[0]);
          box.items = found;
          box.activeItems = found.slice(Math.max(0, at), Math.max(0, at) + 1);
        },
        () => undefined,
      )
      .finally(() => {
        if (!abort.signal.aborted) box.busy = false;
      });
  }
  try {
    return await settled(box, () => box.selectedItems[0] ?? null);
  } finally {
    abort.abort();
  }
}

async function pickManyInBox<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: ListOptions,
  place: StepPlace,
): Promise<readonly T[] | undefined> {
  const box = listBox<T>({ ...options, place });
  box.canSelectMany = true;
  box.items = items;
  box.selectedItems = items.filter((item) => item.picked === true);
  return settled(box, () => box.selectedItems);
}

async function inputInBox(options: InputOptions, place: StepPlace): Promise<string | undefined> {
  const box = vscode.window.createInputBox();
  box.title = options.title;
  box.prompt = options.prompt;
  box.value = options.value ?? '';
  box.placeholder = options.placeHolder ?? '';
  box.password = options.password ?? false;
  box.ignoreFocusOut = options.ignoreFocusOut ?? false;
  putAt(box, place);
  const check = (): boolean => {
    const message = options.validateInput?.(box.value) ?? null;
    box.validationMessage = message ?? '';
    return message === null;
  };
  box.onDidChangeValue(() => {
    if (options.live === true || box.validationMessage) check();
  });
  return settled(box, () => (check() ? box.value : null));
}

function listBox<T extends vscode.QuickPickItem>(options: ListOptions): vscode.QuickPick<T> {
  const box = vscode.window.createQuickPick<T>();
  box.title = options.title;
  box.placeholder = options.placeHolder;
  box.matchOnDescription = options.matchOnDescription ?? false;
  box.matchOnDetail = options.matchOnDetail ?? false;
  box.ignoreFocusOut = options.ignoreFocusOut ?? false;
  if (options.place !== undefined) putAt(box, options.place);
  return box;
}

function putAt(box: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox, place: StepPlace): void {
  if (place.step !== undefined) box.step = place.step;
  if (place.totalSteps !== undefined) box.totalSteps = place.totalSteps;
  box.buttons = place.canGoBack ? [vscode.QuickInputButtons.Back] : [];
}

/** Members of quick picks and input boxes that `settled` uses. */
type Box = Pick<vscode.InputBox, 'onDidAccept' | 'onDidTriggerButton' | 'onDidHide' | 'show' | 'dispose'>;

/** Shows a box until a value was accepted (null: not yet), it was closed (undefined) or its back button was pressed (throws). */
async function settled<T>(box: Box, accepted: () => T | null): Promise<T | undefined> {
  try {
    return await new Promise<T | undefined>((resolve, reject) => {
      box.onDidAccept(() => {
        const value = accepted();
        if (value !== null) resolve(value);
      });
      box.onDidTriggerButton((button) => {
        if (button === vscode.QuickInputButtons.Back) reject(new Back());
      });
      // Also fires after dispose; a settled promise ignores it.
      box.onDidHide(() => {
        resolve(undefined);
      });
      box.show();
    });
  } finally {
    box.dispose();
  }
}
