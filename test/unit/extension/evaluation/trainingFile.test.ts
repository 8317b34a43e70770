import { describe, expect, it, vi } from 'vitest';
import type { Services } from '../../../../src/extension/services.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());
const { trainingFileOf } = await import('../../../../src/extension/evaluation/panel/rowDetails.ts');

const NAMED = '/data/prices.train.jsonl';
const contestants = [
  { id: 'a', kind: 'fine-tuned' as const, label: 'pricer', connectionId: 'lab', model: 'ft:x' },
  { id: 'b', kind: 'constant' as const, label: 'constant' },
];
const services = (trainingPath: string | null): Pick<Services, 'jobs'> => ({
  jobs: {
    get: (connection: string, job: string) =>
      connection === 'lab' && job === 'job-1' ? { local: { trainingPath } } : undefined,
  } as unknown as Services['jobs'],
});

describe('the training file that a row is looked up in', () => {
  it('is the one that was uploaded for the job', () => {
    const config = { contestants, jobId: 'job-1', trainingFile: NAMED };
    expect(trainingFileOf(services('/snapshots/1.jsonl'), config)).toBe('/snapshots/1.jsonl');
  });

  it('is the one that the evaluation file names where no job is known, or its snapshot is gone', () => {
    expect(trainingFileOf(services(null), { contestants, trainingFile: NAMED })).toBe(NAMED);
    expect(trainingFileOf(services(null), { contestants, jobId: 'job-1', trainingFile: NAMED })).toBe(NAMED);
    expect(trainingFileOf(services(null), { contestants, jobId: 'job-2' })).toBeNull();
    expect(trainingFileOf(services(null), { contestants })).toBeNull();
  });
});
