import { describe, expect, it } from 'vitest';
import { packageOf } from '../../../src/openWeights/packageLines.ts';

describe('packages in the output of pip and uv', () => {
  it.each([
    ['Collecting peft>=0.18 (from tuning-fork-trainer==0.1.0)', 'peft'],
    ['Collecting huggingface_hub[cli]<3,>=1.0', 'huggingface_hub'],
    ['  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (190.2 MB)', 'torch (190.2 MB)'],
    ['  Downloading https://index.example/f/gguf-0.19.0.tar.gz (512 kB)', 'gguf (512 kB)'],
    ['Downloading torch (184.8MiB)', 'torch (184.8MiB)'],
    [' + trl==1.16.0', 'trl'],
    ['Installing collected packages: xxhash, urllib3', 'xxhash'],
  ])('%s', (line, name) => {
    expect(packageOf(line)?.name).toBe(name);
  });

  it.each([
    'Requirement already satisfied: pip',
    'Building wheel for tuning-fork-trainer (pyproject.toml)',
    '',
    'WARNING: x',
  ])('none in %j', (line) => {
    expect(packageOf(line)).toBeNull();
  });
});
