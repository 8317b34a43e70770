import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJunit } from '../../../scripts/lib/pytestCounts.ts';

describe('counts of pytest', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'junit-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function counts(attributes: string): Promise<unknown> {
    const file = path.join(folder, 'report.xml');
    await writeFile(file, `<?xml version="1.0"?><testsuites><testsuite ${attributes}></testsuite></testsuites>`);
    return await readJunit(file);
  }

  it('are read from its report, errors as failures', async () => {
    expect(await counts('name="pytest" errors="1" failures="2" skipped="3" tests="10" time="1.2"')).toEqual({
      passed: 4,
      failed: 3,
      skipped: 3,
    });
  });

  it('are none where the report is missing or says nothing', async () => {
    expect(await readJunit(path.join(folder, 'none.xml'))).toBeUndefined();
    expect(await counts('name="pytest"')).toBeUndefined();
  });
});
