import * as vscode from 'vscode';
import { Cancelled } from './errors.ts';

/** Thrown by a step when its back button was pressed. A step that asks several things may take it for itself. */
export class Back extends Error {}

/** Thrown by a step that leads to another one by name. */
class GoTo extends Error {
  readonly step: string;
  /** Undefined: as it was. */
  readonly state: unknown;

  constructor(step: string, state?: unknown) {
    super();
    this.step = step;
    this.state = state;
  }
}

export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

export interface Step<S> {
  /** For `goTo`. */
  readonly name?: string;
  /** Steps that do not apply to what was chosen so far are passed over, in both directions. */
  readonly applies?: (state: S) => boolean;
  readonly run: (state: S, ui: StepUi) => Promise<S>;
}

export interface StepUi {
  pick<T>(options: {
    readonly placeholder: string;
    readonly choices: readonly (Choice<T> | vscode.QuickPickItem)[];
    readonly active?: (value: T) => boolean;
  }): Promise<T>;
  /** Several of them; the choices with `picked` are ticked at first. */
  pickMany<T>(options: { readonly placeholder: string; readonly choices: readonly Choice<T>[] }): Promise<readonly T[]>;
  input(options: {
    readonly prompt: string;
    readonly value?: string;
    readonly placeholder?: string;
    readonly password?: boolean;
    readonly validate?: (value: string) => string | null;
    /** Whatever is typed is judged at once, not only what is accepted. */
    readonly live?: boolean;
  }): Promise<string>;
  /** Leaves this step for the one of that name (this one itself: asks again). The steps in between are asked once more. */
  goTo(step: string, state?: unknown): never;
}

/**
 * Runs the steps of a wizard one after the other (from the one named `startAt` on); each gets a back button (not the first) and "step of total" in its title.
 * @throws Cancelled when the user closes a step: nothing has happened then.
 */
export async function runSteps<S>(title: string, initial: S, steps: readonly Step<S>[], startAt?: string): Promise<S> {
  let state = initial;
  let index = Math.max(0, startAt === undefined ? 0 : steps.findIndex((step) => step.name === startAt));
  // Begun in the middle, the questions before count as answered: the way back leads through them.
  const history = steps.slice(0, index).flatMap((step, at) => (!step.applies || step.applies(initial) ? [at] : []));
  while (index < steps.length) {
    const step = steps[index];
    if (!step) break;
    if (step.applies && !step.applies(state)) {
      index += 1;
      continue;
    }
    const applicable = steps.filter((candidate) => !candidate.applies || candidate.applies(state)).length;
    const ui = stepUi(title, history.length + 1, applicable);
    try {
      state = await step.run(state, ui);
      history.push(index);
      index += 1;
    } catch (error) {
      if (error instanceof GoTo) {
        const target = steps.findIndex((candidate) => candidate.name === error.step);
        // A question that was not asked (its answer was given with the command) cannot be changed: the summary stays.
        if (target < 0) continue;
        while ((history.at(-1) ?? -1) >= target) history.pop();
        // Only steps give it, and theirs is of this type.
        if (error.state !== undefined) state = error.state as S;
        index = target;
        continue;
      }
      if (!(error instanceof Back)) throw error;
      const previous = history.pop();
      if (previous === undefined) throw new Cancelled();
      // `state` keeps what was answered so far: going back shows the earlier answers as the proposals.
      index = previous;
    }
  }
  return state;
}

function stepUi(title: string, step: number, totalSteps: number): StepUi {
  const canGoBack = step > 1;
  return {
    goTo: (name, state) => {
      throw new GoTo(name, state);
    },
    pick: <T>(options: Parameters<StepUi['pick']>[0] & { readonly active?: (value: T) => boolean }) =>
      new Promise<T>((resolve, reject) => {
        const box = vscode.window.createQuickPick<vscode.QuickPickItem>();
        box.title = title;
        box.step = step;
        box.totalSteps = Math.max(step, totalSteps);
        box.placeholder = options.placeholder;
        box.items = options.choices;
        box.matchOnDescription = true;
        box.ignoreFocusOut = true;
        box.buttons = canGoBack ? [vscode.QuickInputButtons.Back] : [];
        const active = options.choices.find(
          (choice): choice is Choice<T> => 'value' in choice && (options.active?.(choice.value as T) ?? false),
        );
        if (active) box.activeItems = [active];
        settle(box, resolve, reject, () => {
          const chosen = box.selectedItems[0] as Partial<Choice<T>> | undefined;
          return chosen && 'value' in chosen ? { value: chosen.value } : null;
        });
      }),
    pickMany: <T>(options: { readonly placeholder: string; readonly choices: readonly Choice<T>[] }) =>
      new Promise<readonly T[]>((resolve, reject) => {
        const box = vscode.window.createQuickPick<Choice<T>>();
        box.title = title;
        box.step = step;
        box.totalSteps = Math.max(step, totalSteps);
        box.placeholder = options.placeholder;
        box.canSelectMany = true;
        box.items = options.choices;
        box.selectedItems = options.choices.filter((choice) => choice.picked === true);
        box.ignoreFocusOut = true;
        box.buttons = canGoBack ? [vscode.QuickInputButtons.Back] : [];
        settle(box, resolve, reject, () => ({ value: box.selectedItems.map((item) => item.value) }));
      }),
    input: (options) =>
      new Promise<string>((resolve, reject) => {
        const box = vscode.window.createInputBox();
        box.title = title;
        box.step = step;
        box.totalSteps = Math.max(step, totalSteps);
        box.prompt = options.prompt;
        box.value = options.value ?? '';
        box.placeholder = options.placeholder ?? '';
        box.password = options.password ?? false;
        box.ignoreFocusOut = true;
        box.buttons = canGoBack ? [vscode.QuickInputButtons.Back] : [];
        const check = (): boolean => {
          const message = options.validate?.(box.value) ?? null;
          box.validationMessage = message ?? '';
          return message === null;
        };
        box.onDidChangeValue(() => {
          if (options.live === true || box.validationMessage) check();
        });
        settle(box, resolve, reject, () => (check() ? { value: box.value } : null));
      }),
  };
}

/** What quick picks and input boxes have in common, as far as settling needs it. */
type Box = Pick<vscode.InputBox, 'onDidAccept' | 'onDidTriggerButton' | 'onDidHide' | 'show' | 'dispose'>;

function settle<T>(
  box: Box,
  resolve: (value: T) => void,
  reject: (reason: Error) => void,
  accepted: () => { readonly value: T } | null,
): void {
  const finish = (act: () => void): void => {
    act();
    box.dispose();
  };
  box.onDidAccept(() => {
    const result = accepted();
    if (result)
      finish(() => {
        resolve(result.value);
      });
  });
  box.onDidTriggerButton((button) => {
    if (button === vscode.QuickInputButtons.Back)
      finish(() => {
        reject(new Back());
      });
  });
  // Also fires after dispose; a settled promise ignores it.
  box.onDidHide(() => {
    finish(() => {
      reject(new Cancelled());
    });
  });
  box.show();
}
