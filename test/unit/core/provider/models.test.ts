import { describe, expect, it } from 'vitest';
import { retirementsOf, sortModels } from '../../../../src/core/provider/models.ts';
import type { ModelInfo } from '../../../../src/core/provider/api.ts';

const model = (id: string, more: Partial<ModelInfo> = {}): ModelInfo => ({
  id,
  createdAt: null,
  ownedBy: null,
  shutdownDate: null,
  tunable: null,
  ...more,
});
const priced = ['gpt-4o-mini-2024-07-18', 'gpt-4.1-2025-04-14'];
const tuned = 'ft:gpt-4o-mini-2024-07-18:p:pricer:Ab1';

describe('the models of a provider', () => {
  it('are at OpenAI the priced bases that the list still has, by either name, and all tuned ones', () => {
    const listed = ['gpt-4.1', 'dall-e-3', 'whisper-1', tuned].map((id) => model(id));
    expect(sortModels('openai', listed, priced)).toEqual({
      bases: ['gpt-4.1-2025-04-14'],
      tuned: [{ id: tuned, createdAt: null, checkpoints: [] }],
    });
    // A key that may not list models: what is known without it.
    expect(sortModels('openai', [], priced).bases).toEqual(priced);
  });

  it('are at Azure those it says can be tuned, elsewhere all that are not tuned', () => {
    const listed = [model('a', { tunable: true }), model('b', { tunable: false }), model('c.ft-0123456789abcdef')];
    expect(sortModels('azure', listed, priced).bases).toEqual(['a']);
    expect(sortModels('compatible', [model('a'), model('b')], priced).bases).toEqual(['a', 'b']);
    expect(sortModels('azure', listed, priced).tuned.map(({ id }) => id)).toEqual(['c.ft-0123456789abcdef']);
  });

  it('have their checkpoints under them, last step first, whoever named them, each once', () => {
    const checkpoint = (step: number): string => `${tuned}:ckpt-step-${String(step)}`;
    const listed = [model(checkpoint(90)), model(checkpoint(900)), model(tuned, { createdAt: 5 })];
    const known = [{ id: tuned, createdAt: 7, checkpoints: [checkpoint(90), checkpoint(400), tuned] }];
    expect(sortModels('openai', listed, priced, known).tuned).toEqual([
      { id: tuned, createdAt: 5, checkpoints: [checkpoint(900), checkpoint(400), checkpoint(90)] },
    ]);
  });

  it('are gone when the list has others but not them, while a list without any tells nothing; checkpoints may be left', () => {
    const gone = { id: tuned, createdAt: 7, checkpoints: [`${tuned}:ckpt-step-90`] };
    const other = model('ft:m:o:other:1');
    const ids = (listed: readonly ModelInfo[], kind: 'openai' | 'local' = 'openai'): readonly string[] =>
      sortModels(kind, listed, [], [gone]).tuned.map(({ id }) => id);
    expect(ids([])).toEqual([tuned]);
    expect(ids([model('gpt-4.1')])).toEqual([tuned]);
    expect(ids([other])).toEqual([other.id]);
    expect(ids([model('local-linear-1')], 'local')).toEqual([]);
    expect(ids([model(`${tuned}:ckpt-step-90`)])).toEqual([`${tuned}:ckpt-step-90`]);
    // Not reached: nothing is known to be gone.
    expect(ids([], 'local')).toEqual([tuned]);
  });

  it('are newest first', () => {
    const at = (name: string, createdAt: number | null): ModelInfo => model(`ft:m:o:${name}:1`, { createdAt });
    const { tuned: sorted } = sortModels('local', [at('a', 1), at('b', null), at('c', 3)], []);
    expect(sorted.map(({ id }) => id)).toEqual(['ft:m:o:c:1', 'ft:m:o:a:1', 'ft:m:o:b:1']);
  });

  it('say when they end', () => {
    expect(retirementsOf([model('a', { shutdownDate: '2027-01-14' }), model('b')])).toEqual({ a: '2027-01-14' });
  });
});
