import { describe, expect, it } from 'vitest';
import { whyNoStorage, whyNoWorkers } from '../../../../src/core/provider/clusterStorage.ts';

describe('the storage of a cluster', () => {
  it.each([
    '/mnt/shared',
    ' /mnt/shared ',
    'C:\\shared',
    'd:/shared',
    '\\\\server\\share',
    's3://bucket/a',
    'gs://b',
    'abfs://c/d',
  ])('may be %j', (typed) => {
    expect(whyNoStorage(typed)).toBeNull();
  });

  it.each([
    ['', 'Enter a folder or an address'],
    ['   ', 'Enter a folder or an address'],
    ['shared/folder', 'absolute folder'],
    ['~/shared', 'absolute folder'],
    ['s3:bucket', 'absolute folder'],
    ['s3://key:secret@bucket/a', 'Leave out user name and password'],
    ['/mnt/a\u0007b', 'cannot be seen'],
  ])('may not be %j', (typed, reason) => {
    expect(whyNoStorage(typed)).toContain(reason);
  });
});

describe('the number of workers', () => {
  it.each(['1', ' 8 ', '4096'])('may be %j', (typed) => {
    expect(whyNoWorkers(typed)).toBeNull();
  });
  it.each(['', '0', '-1', '1.5', '4097', 'two', '1e2', '0x10'])('may not be %j', (typed) => {
    expect(whyNoWorkers(typed)).toBe('Enter a whole number from 1 to 4,096.');
  });
});
