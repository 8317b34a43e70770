import { describe, expect, it } from 'vitest';
import { parseJob } from '../../../../src/core/training/parseJob.ts';
import { readTrainedOn } from '../../../../src/core/training/trainedOn.ts';
import { deviceInWords, trainedOnInWords } from '../../../../src/core/training/words/trainedOnText.ts';

const whole = { device: 'cpu', devices: 1, workers: 4, nodes: 2, peak_memory: 1.2e9, seconds: 12.5 };

describe('what a server tells of a training', () => {
  it('is part of the job', () => {
    const job = parseJob({ id: 'ftjob-1', trained_on: whole, trained_tokens: 100 });
    expect(job.ok && job.value.trainedOn).toEqual({
      device: 'cpu',
      devices: 1,
      workers: 4,
      nodes: 2,
      peakMemory: 1.2e9,
      seconds: 12.5,
    });
    expect(job.ok && trainedOnInWords(job.value)).toEqual([
      ['Device', 'CPU'],
      ['Workers', '4'],
      ['Nodes', '2'],
      ['Speed of the whole training', '8 tokens/s'],
      ['Peak memory', '1.2 GB'],
    ]);
  });

  it.each([undefined, null, 7, 'x', [], {}, { peak_memory: 0, seconds: 0 }, { devices: -1, seconds: 'x', device: 5 }])(
    'is unknown in %j',
    (value) => {
      expect(readTrainedOn(value)).toBeUndefined();
      const job = parseJob({ id: 'ftjob-1', trained_on: value });
      expect(job.ok && 'trainedOn' in job.value).toBe(false);
    },
  );

  it('leaves out what is not known, and hides what steers a terminal', () => {
    expect(readTrainedOn({ device: 'tpu' })).toMatchObject({ device: 'tpu', seconds: null });
    expect(deviceInWords({ device: 'x\u202ey', devices: 3 })).not.toContain('\u202e');
    expect(trainedOnInWords({ trainedTokens: 5 })).toEqual([]);
  });
});
