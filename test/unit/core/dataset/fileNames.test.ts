import { describe, expect, it } from 'vitest';
import { datasetName, isTestName, isValidationName, kinship, wordsOf } from '../../../../src/core/dataset/fileNames.ts';

describe('names of dataset files', () => {
  it.each([
    'prices.validation.jsonl',
    'prices_valid.jsonl',
    'val-prices.jsonl',
    'dev.jsonl',
    'pricesValidation.jsonl',
    '/a/b/x.dev.v2.jsonl',
  ])('%s is a validation file', (name) => {
    expect(isValidationName(name)).toBe(true);
  });

  it.each([
    'values.jsonl',
    'device.jsonl',
    'invalid.jsonl',
    '/valid/prices.jsonl',
    'interval.jsonl',
    'prices.train.jsonl',
  ])('%s is not: the word stands inside another one, or in the folder', (name) => {
    expect(isValidationName(name)).toBe(false);
  });

  it('knows test files by a word of their name', () => {
    expect(isTestName('prices.test.jsonl')).toBe(true);
    expect(isTestName('latest.jsonl')).toBe(false);
  });

  it('calls a dataset by what it is about', () => {
    expect(datasetName('/x/prices.train.jsonl')).toBe('prices');
    expect(datasetName('pricer_v1_fine_tune_train_200.jsonl')).toBe('pricer');
    expect(datasetName('train.jsonl')).toBe('train');
    expect(datasetName('données-été.jsonl')).toBe('données-été');
    expect(wordsOf('.jsonl')).toEqual([]);
    expect(datasetName('.jsonl')).toBe('dataset');
  });

  it('finds the siblings of a dataset', () => {
    expect(kinship('/x/prices.train.jsonl', '/x/prices.test.jsonl')).toBe(1);
    expect(kinship('/x/prices.train.jsonl', '/x/topics.test.jsonl')).toBe(0);
    // Only the parts of the name in common, nothing of the subject.
    expect(kinship('train.jsonl', 'test.jsonl')).toBe(0);
  });
});
