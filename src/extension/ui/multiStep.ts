import type * as vscode from 'vscode';
import { Cancelled } from './errors.ts';
import { Back, type StepPlace, type Ui } from './ui.ts';

/** Thrown by a step to continue at another step by name. */
export class GoTo extends Error {
  readonly step: string;
  /** Undefined: unchanged. */
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
  /** Tells whether the step applies to the choices so far; other steps are skipped in both directions. */
  readonly applies?: (state: S) => boolean;
  readonly run: (state: S, ui: StepUi) => Promise<S>;
}

export interface PickStep<T> {
  readonly placeholder: string;
  readonly choices: readonly (Choice<T> | vscode.QuickPickItem)[];
  readonly active?: (value: T) => boolean;
  /** Same choices in the same order, with details that take time to read; see `PickOptions.later`. */
  readonly later?: (signal: AbortSignal) => Promise<readonly (Choice<T> | vscode.QuickPickItem)[]>;
}

export interface StepUi {
  pick<T>(options: PickStep<T>): Promise<T>;
  /** Asks for several choices; those with `picked` are selected at first. */
  pickMany<T>(options: { readonly placeholder: string; readonly choices: readonly Choice<T>[] }): Promise<readonly T[]>;
  input(options: {
    readonly prompt: string;
    readonly value?: string;
    readonly placeholder?: string;
    readonly password?: boolean;
    readonly validate?: (value: string) => string | null;
    /** Validates on every change, not only on Enter. */
    readonly live?: boolean;
  }): Promise<string>;
  /** Continues at the step of that name (its own name: asks again). The steps in between are asked once more. */
  goTo(step: string, state?: unknown): never;
}

/**
 * Runs the steps of a wizard in order, from the one named `startAt`; each has "step of total" in its title and, except the first, a
 * back button. With `inside` they belong to another wizard: they have no numbers, and all have a back button.
 * @throws Cancelled when the user closes a step: nothing has happened then.
 * @throws Back when the user goes back from the first step, only with `inside`
 */
export async function runSteps<S>(
  ui: Ui,
  title: string,
  initial: S,
  steps: readonly Step<S>[],
  startAt?: string,
  inside = false,
): Promise<S> {
  let state = initial;
  let index = Math.max(0, startAt === undefined ? 0 : steps.findIndex((step) => step.name === startAt));
  // Earlier questions count as answered when the wizard begins in the middle: the way back leads through them.
  const history = steps.slice(0, index).flatMap((step, at) => (!step.applies || step.applies(initial) ? [at] : []));
  while (index < steps.length) {
    const step = steps[index];
    if (!step) break;
    if (step.applies && !step.applies(state)) {
      index += 1;
      continue;
    }
    const applicable = steps.filter((candidate) => !candidate.applies || candidate.applies(state)).length;
    const number = history.length + 1;
    const place = inside
      ? { canGoBack: true }
      : { step: number, totalSteps: Math.max(number, applicable), canGoBack: number > 1 };
    try {
      state = await step.run(state, stepUi(ui, title, place));
      history.push(index);
      index += 1;
    } catch (error) {
      if (error instanceof GoTo) {
        const target = steps.findIndex((candidate) => candidate.name === error.step);
        // A step of the wizard around it.
        if (target < 0 && inside) throw error;
        // A question that was answered by the command itself cannot be changed: the summary stays.
        if (target < 0) continue;
        while ((history.at(-1) ?? -1) >= target) history.pop();
        // Only steps set it, with a state of this type.
        if (error.state !== undefined) state = error.state as S;
        index = target;
        continue;
      }
      if (!(error instanceof Back)) throw error;
      const previous = history.pop();
      if (previous === undefined) throw inside ? error : new Cancelled();
      // `state` keeps what was answered so far: going back shows the earlier answers as the proposals.
      index = previous;
    }
  }
  return state;
}

/** Questions at a place of a wizard. */
export function stepUi(ui: Ui, title: string, place: StepPlace): StepUi {
  // Questions stay open while the user looks something up elsewhere.
  const common = { title, place, ignoreFocusOut: true };
  return {
    goTo: (name, state) => {
      throw new GoTo(name, state);
    },
    pick: async <T>(options: PickStep<T>) => {
      const { choices } = options;
      const active = choices.find((choice) => 'value' in choice && (options.active?.(choice.value) ?? false));
      for (;;) {
        const chosen = await ui.pick(choices, {
          ...common,
          placeHolder: options.placeholder,
          matchOnDescription: true,
          active,
          ...(options.later === undefined ? {} : { later: options.later }),
        });
        if (chosen === undefined) throw new Cancelled();
        // Separators have no value.
        if ('value' in chosen) return chosen.value;
      }
    },
    pickMany: async <T>(options: { readonly placeholder: string; readonly choices: readonly Choice<T>[] }) => {
      const chosen = await ui.pickMany(options.choices, { ...common, placeHolder: options.placeholder });
      if (chosen === undefined) throw new Cancelled();
      return chosen.map(({ value }) => value);
    },
    input: async ({ placeholder, validate, ...options }) => {
      const typed = await ui.input({
        ...common,
        ...options,
        ...(placeholder === undefined ? {} : { placeHolder: placeholder }),
        ...(validate === undefined ? {} : { validateInput: validate }),
      });
      if (typed === undefined) throw new Cancelled();
      return typed;
    },
  };
}
