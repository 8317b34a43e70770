// Base models of Local by the method of the dataset.
import { describe, expect, it, vi } from 'vitest';
import { baseModelChoices, WAY_IN } from '../../../../src/extension/fineTuning/wizard/baseModels.ts';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import { priceTable } from '../../../../src/core/cost/prices.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const listModels = () =>
  Promise.resolve(
    ['local-linear-1', 'tiny'].map((id) => ({ id, createdAt: 0, ownedBy: 'local', shutdownDate: null, tunable: null })),
  );

describe('base models of Local', () => {
  it.each([
    ['supervised', ['tiny', 'local-linear-1', WAY_IN]],
    ['dpo', ['tiny', WAY_IN]],
    ['reinforcement', ['tiny', WAY_IN]],
  ] as const)('for %s are those that learn so, and a way to others', async (method, values) => {
    const signal = new AbortController().signal;
    const facts = { method, isSetUp: true };
    const choices = await baseModelChoices(LOCAL_CONNECTION, { listModels }, priceTable({}), signal, facts);
    expect(choices.map(({ value }) => value)).toEqual(values);
  });
});
