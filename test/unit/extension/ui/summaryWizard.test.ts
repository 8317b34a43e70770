import { describe, expect, it, vi } from 'vitest';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import type { StepUi } from '../../../../src/extension/ui/multiStep.ts';
import { runSummaryWizard, SUMMARY, type SummaryWizard } from '../../../../src/extension/ui/summaryWizard.ts';
import { BACK, CLOSED, uiDouble, type Line } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

interface Trip {
  readonly from: string;
  readonly to: string;
  readonly class: string;
}

const ask =
  (name: keyof Trip, choices: readonly string[]) =>
  async (trip: Trip, ui: StepUi): Promise<Trip> => {
    const value = await ui.pick({
      placeholder: name,
      choices: choices.map((label) => ({ label, value: label })),
      active: (choice) => choice === trip[name],
    });
    // Another start has other ends.
    return name === 'from' && value !== trip.from ? { ...trip, from: value, to: '' } : { ...trip, [name]: value };
  };

const wizard: SummaryWizard<Trip> = {
  title: 'Trip',
  order: ['from', 'to'],
  isAnswered: (name, trip) => name !== 'to' || trip.to !== '',
  questions: { from: ask('from', ['A', 'B']), to: ask('to', ['C', 'D']), class: ask('class', ['1', '2']) },
  summary: async (trip, ui) => {
    const labels = ['go', 'from', 'to', 'class', 'nowhere'];
    const choice = await ui.pick({
      placeholder: 'summary',
      choices: labels.map((label) => ({
        label,
        description: label in trip ? trip[label as keyof Trip] : '',
        value: label,
      })),
    });
    if (choice !== 'go') ui.goTo(choice);
    return trip;
  },
};

const run = (initial: Trip, first: readonly string[], opening: readonly string[], ...lines: readonly Line[]) =>
  runSummaryWizard(uiDouble(...lines), wizard, initial, { first, opening });

const WHOLE: Trip = { from: 'A', to: 'C', class: '2' };
const pick = (name: string, at: string, answer: string | typeof BACK | typeof CLOSED): Line => ({
  pick: name,
  at,
  answer,
});

describe('a wizard around a summary', () => {
  it('shows the summary first when nothing is open, and ends with it', async () => {
    expect(await run(WHOLE, [], [], pick('summary', '', 'go'))).toEqual(WHOLE);
  });

  it('asks what is open before, with numbers that stay', async () => {
    const opening = ['from', 'to'];
    const trip = await run({ ...WHOLE, to: '' }, ['from'], opening, pick('from', '1/3', 'A'), pick('to', '2/3', 'D'), {
      ...pick('summary', '3/3', 'go'),
      reads: ['from: A', 'to: D', 'class: 2'],
    } as Line);
    expect(trip).toEqual({ from: 'A', to: 'D', class: '2' });
    // The second question is answered already: the summary keeps its number.
    await run(WHOLE, ['from'], opening, pick('from', '1/3', 'A'), pick('summary', '3/3', 'go'));
  });

  it('goes back through the questions before it, with the answers so far', async () => {
    const trip = await run(
      { ...WHOLE, to: '' },
      ['from'],
      ['from', 'to'],
      pick('from', '1/3', 'B'),
      pick('to', '2/3', BACK),
      pick('from', '1/3', 'B'),
      pick('to', '2/3', 'C'),
      pick('summary', '3/3', BACK),
      pick('to', '2/3', 'D'),
      pick('summary', '3/3', 'go'),
    );
    expect(trip).toEqual({ from: 'B', to: 'D', class: '2' });
  });

  it('leads to each question and back, also where an answer opens another question', async () => {
    const trip = await run(
      WHOLE,
      [],
      [],
      pick('summary', '', 'class'),
      pick('class', '', '1'),
      pick('summary', '', 'from'),
      pick('from', '', 'B'),
      pick('to', '', 'D'),
      { ...pick('summary', '', 'go'), reads: ['from: B', 'to: D', 'class: 1'] } as Line,
    );
    expect(trip).toEqual({ from: 'B', to: 'D', class: '1' });
  });

  it('is as it was after the back button of a question, also of one that was opened by another', async () => {
    const trip = await run(WHOLE, [], [], pick('summary', '', 'from'), pick('from', '', 'B'), pick('to', '', BACK), {
      ...pick('summary', '', 'go'),
      reads: ['from: A', 'to: C'],
    } as Line);
    expect(trip).toEqual(WHOLE);
  });

  it('shows the summary again for a line without a question', async () => {
    await run(WHOLE, [], [], pick('summary', '', 'nowhere'), pick('summary', '', 'go'));
    expect(SUMMARY in wizard.questions).toBe(false);
  });

  it('is over when a question is closed', async () => {
    await expect(run(WHOLE, [], [], pick('summary', '', CLOSED))).rejects.toBeInstanceOf(Cancelled);
    await expect(run(WHOLE, ['from'], ['from'], pick('from', '1/2', CLOSED))).rejects.toBeInstanceOf(Cancelled);
  });
});
