import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askDoctor, doctorText } from '../../../src/openWeights/doctor.ts';
import { FakePrograms } from '../../support/openWeights/fakePrograms.ts';

const REPORT = {
  type: 'doctor',
  ok: true,
  message: 'Training works on the CPU.',
  action: 'A GPU is many times faster.',
  python: '3.11.7',
  versions: { torch: '2.13.0+cpu', vllm: null },
  devices: [
    { kind: 'cuda', name: 'H100 `|\n# x', memory_free: 70e9, memory_total: 80e9 },
    { kind: 'cpu', name: '2 threads', memory_free: 12.4e9, memory_total: null },
  ],
  disk_free: 71.6e9,
  step_seconds: 0.412,
  loss: 5.55,
  something_new: [1, 2],
};

describe('Doctor', () => {
  const text = (report: Readonly<Record<string, unknown>>): string =>
    doctorText(report, { python: '/venv/bin/python', at: '2026-11-27' });

  it('says first whether training works and what to do', () => {
    const lines = text(REPORT).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '# Open-weights training on this machine',
      '',
      '**✓ Training works on the CPU.**',
      '',
      'A GPU is many times faster.',
    ]);
    expect(text({ ...REPORT, ok: false })).toContain('**✗ ');
  });

  it('has devices with their memory, versions, the step, and what it does not know', () => {
    const page = text(REPORT);
    expect(page).toContain('| `cpu` | `2 threads` | 12 GB free |');
    expect(page).toContain('70 GB free of 80 GB');
    expect(page).toContain('| torch | `2.13.0+cpu` |');
    expect(page).toContain('| vllm | not installed |');
    expect(page).toContain('took 0.41 s and had a loss of 5.55');
    expect(page).toContain('| disk\\_free | `72 GB` |');
    expect(page).toContain('| something\\_new | `[1,2]` |');
    expect(page).not.toContain('type');
  });

  it('lets no text of a driver become a heading, a cell or code', () => {
    const page = text(REPORT);
    expect(page).toContain('| `cuda` | `H100    # x` |');
    expect(page.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(5);
  });
});

describe.skipIf(process.platform === 'win32')('asking Doctor', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-doctor-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('finds the report behind what libraries print, and says when the trainer does not start', async () => {
    const programs = new FakePrograms(folder);
    const { signal } = new AbortController();
    const python = await programs.add('python3', { doctor: REPORT });
    expect(await askDoctor(python, programs.env, signal)).toEqual(REPORT);
    await expect(askDoctor(path.join(folder, 'gone'), programs.env, signal)).rejects.toMatchObject({
      problem: { code: 'trainer-broken' },
    });
  });
});
