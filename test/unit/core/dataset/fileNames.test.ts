import { describe, expect, it } from 'vitest';
import {
  datasetName,
  isTestName,
  isValidationName,
  kinship,
  validationFiles,
  wordsOf,
} from '../../../../src/core/dataset/fileNames.ts';

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
    expect(datasetName('données-été.jsonl')).toBe('données-été');
    expect(wordsOf('.jsonl')).toEqual([]);
    expect(datasetName('.jsonl')).toBe('dataset');
  });

  it('finds the siblings of a dataset', () => {
    expect(kinship('/x/prices.train.jsonl', '/x/prices.test.jsonl')).toBeGreaterThan(0);
    expect(kinship('/x/prices.train.jsonl', '/x/topics.test.jsonl')).toBe(0);
  });

  it.each([
    ['/home/prices/train.jsonl', undefined, 'prices'],
    ['/home/prices/fine_tune_train.jsonl', undefined, 'prices'],
    ['/home/prices/data/train-00001.jsonl', undefined, 'prices'],
    ['/home/prices/train/data.jsonl', '/home/prices', 'prices'],
    ['/home/prices/data/v2/splits/train.jsonl', '/home/prices', 'prices'],
    ['C:\\work\\Tickets\\train.jsonl', 'C:\\work\\Tickets', 'tickets'],
    // A workspace without a telling name is not left for the folder of its owner.
    ['/home/me/data/train.jsonl', '/home/me/data', 'dataset'],
    ['/home/me/notes/train.jsonl', '/elsewhere', 'notes'],
    ['train.jsonl', undefined, 'dataset'],
  ])('calls %s in the workspace %s: %s', (file, root, expected) => {
    expect(datasetName(file, root)).toBe(expected);
  });

  it.each([
    ['fine_tune_train.jsonl', 'fine_tune_validation.jsonl', ['aaa.train.clean.jsonl', 'aaa.validation.clean.jsonl']],
    ['train.jsonl', 'validation.jsonl', ['test.jsonl', 'topics_validation.jsonl']],
    ['train.jsonl', 'valid.jsonl', ['test.jsonl']],
    ['train.jsonl', 'val.jsonl', ['eval.jsonl', 'test.jsonl']],
    ['train.jsonl', 'dev.jsonl', ['test.jsonl']],
    ['train.jsonl', 'eval.jsonl', ['test.jsonl']],
    ['training_data.jsonl', 'validation_data.jsonl', ['test_data.jsonl']],
    ['training_set.jsonl', 'dev_set.jsonl', ['test_set.jsonl']],
    ['trainset.jsonl', 'valset.jsonl', ['testset.jsonl']],
    ['data.jsonl', 'data_val.jsonl', ['prices_val.jsonl']],
    ['prices.jsonl', 'prices.validation.jsonl', ['validation.jsonl', 'topics.validation.jsonl']],
    ['prices.train.jsonl', 'prices.val.jsonl', ['prices.test.jsonl', 'val.jsonl']],
    ['train-prices.jsonl', 'dev-prices.jsonl', ['dev-topics.jsonl']],
    ['pricesTrain.jsonl', 'pricesValid.jsonl', ['topicsValid.jsonl']],
    ['emmy_fine_tune_train.jsonl', 'emmy_fine_tune_validation.jsonl', ['pricer_v1_fine_tune_validation.jsonl']],
    ['pricer_v1_fine_tune_train_200.jsonl', 'pricer_v1_fine_tune_validation_50.jsonl', ['emmy_validation.jsonl']],
    ['prices-2024-05-01.train.jsonl', 'prices-2024-05-01.val.jsonl', ['prices-2024-04-01.val.jsonl']],
    ['train_20240501.jsonl', 'valid_20240501.jsonl', ['valid_20240401.jsonl']],
    ['train.v2.jsonl', 'validation.v2.jsonl', ['validation.jsonl', 'validation.v1.jsonl']],
    ['fine_tune_train.clean.jsonl', 'fine_tune_validation.clean.jsonl', ['fine_tune_validation.jsonl']],
    ['fine_tune_train.jsonl', 'fine_tune_validation.jsonl', ['fine_tune_validation.clean.jsonl']],
    ['tickets.train.jsonl', 'tickets.valid-2.jsonl', ['tickets.test.jsonl']],
    ['train1.jsonl', 'val1.jsonl', ['val2.jsonl']],
    ['sft_train.ndjson', 'sft_eval.ndjson', ['sft_test.ndjson']],
    ['train/data.jsonl', 'validation/data.jsonl', ['test/data.jsonl', 'train/more.jsonl']],
    ['train/prices.jsonl', 'val/prices.jsonl', ['val/topics.jsonl', 'test/prices.jsonl']],
  ])('%s is measured on %s', (training, expected, others) => {
    const folder = (file: string): string => `/home/me/lesson/${file}`;
    const files = [...others, expected, training].map(folder);
    expect(validationFiles(folder(training), files)[0]).toBe(folder(expected));
    expect(kinship(folder(training), folder(expected))).toBeGreaterThan(0);
  });

  it.each([
    ['train.jsonl', ['test.jsonl', 'topics_validation.jsonl', 'data.jsonl']],
    // Without a test file, it is what the model is evaluated on afterwards.
    ['train.jsonl', ['eval.jsonl']],
    ['prices.train.jsonl', ['topics.validation.jsonl', 'validation.jsonl', 'prices.test.jsonl']],
    // A folder that happens to be called so says nothing about a file that names its part.
    ['validation/train.jsonl', ['validation/test.jsonl']],
  ])('nothing measures %s beside %j', (training, others) => {
    expect(validationFiles(training, others)).toEqual([]);
  });
});
