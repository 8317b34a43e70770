// A wizard around a summary: only what cannot be proposed is asked before it, and each of its lines leads to a question.
import { Cancelled } from './errors.ts';
import { GoTo, stepUi, type StepUi } from './multiStep.ts';
import { Back, type StepPlace, type Ui } from './ui.ts';

export type Question<S> = (state: S, ui: StepUi) => Promise<S>;

export interface SummaryWizard<S> {
  readonly title: string;
  /** Shows the state; `goTo` leads to a question. Returns when the user accepts the state. */
  readonly summary: Question<S>;
  readonly questions: Readonly<Record<string, Question<S>>>;
  /** Questions that the summary cannot do without, in the order they are asked in. */
  readonly order: readonly string[];
  /** Tells whether the summary can do without this question's answer. */
  readonly isAnswered: (question: string, state: S) => boolean;
}

/**
 * Asks the questions named `opening` that are in `first` or without an answer, then shows the summary until the user accepts it. The
 * opening and the summary have fixed numbers, also where a question of the opening turns out to be answered. Questions behind lines
 * of the summary have none, and their back button leads to the summary as it was.
 * @throws Cancelled when the user closes a question: nothing has happened then
 */
export async function runSummaryWizard<S>(
  ui: Ui,
  { title, summary, questions, order, isAnswered }: SummaryWizard<S>,
  initial: S,
  { first = [], opening = [] }: { readonly first?: readonly string[]; readonly opening?: readonly string[] } = {},
): Promise<S> {
  const placeOf = (name: string, canGoBack: boolean): StepPlace => {
    const index = name === SUMMARY ? opening.length : opening.indexOf(name);
    return opening.length === 0 || index < 0
      ? { canGoBack }
      : { step: index + 1, totalSteps: opening.length + 1, canGoBack };
  };
  const open = new Set(first);
  const nextOf = (state: S): string => order.find((name) => open.has(name) || !isAnswered(name, state)) ?? SUMMARY;

  let state = initial;
  let name = nextOf(state);
  /** Questions before the first summary that were asked. */
  const asked: string[] = [];
  /** State of the last summary; null before the first one. */
  let shown: S | null = null;
  for (;;) {
    const inOpening = shown === null;
    const isSummary = name === SUMMARY;
    const question = isSummary ? summary : questions[name];
    if (question === undefined) throw new Error(`There is no question ${name}`);
    const canGoBack = isSummary || inOpening ? asked.length > 0 : true;
    const place = isSummary || inOpening ? placeOf(name, canGoBack) : { canGoBack };
    if (isSummary) shown = state;
    try {
      state = await question(state, stepUi(ui, title, place));
      if (isSummary) return state;
      open.delete(name);
      if (inOpening) asked.push(name);
      name = nextOf(state);
    } catch (error) {
      if (error instanceof GoTo) {
        // Only questions set it, with a state of this type.
        if (error.state !== undefined) state = error.state as S;
        name = error.step === SUMMARY || questions[error.step] === undefined ? nextOf(state) : error.step;
        continue;
      }
      if (!(error instanceof Back)) throw error;
      if (!isSummary && shown !== null) {
        state = shown;
        name = SUMMARY;
        continue;
      }
      const previous = asked.pop();
      if (previous === undefined) throw new Cancelled();
      // The later answers are kept as the proposals.
      open.add(previous);
      shown = null;
      name = previous;
    }
  }
}

/** Name of the summary for `goTo`. */
export const SUMMARY = 'summary';
