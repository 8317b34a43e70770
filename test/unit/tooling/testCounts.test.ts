import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inProject } from '../../../scripts/lib/paths.ts';
import { capture, cleanEnvironment } from '../../../scripts/lib/processes.ts';
import {
  add,
  closingLine,
  judge,
  noTests,
  readCounts,
  writeCounts,
  type Counts,
} from '../../../scripts/lib/testCounts.ts';

describe('the closing line', () => {
  it('names skipped tests only when there are some', () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(closingLine({ passed: 12, failed: 1, skipped: 3 })).toBe('12 passed, 1 failed, 3 skipped');
  });

  it('adds up kinds of tests', () => {
    const total = add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 });
    expect(total).toEqual({ passed: 11, failed: 22, skipped: 33 });
  });
});

describe('a step that must not look green', () => {
  it('fails without a report', () => {
    expect(judge(undefined, 0).failed).toBe(1);
  });

  it('fails when no test ran, even if some were skipped', () => {
    expect(judge(noTests, 0).failed).toBe(1);
    expect(judge({ ...noTests, skipped: 5 }, 0)).toEqual({ passed: 0, failed: 1, skipped: 5 });
  });

  it('fails when the runner failed and no test explains it', () => {
    expect(judge({ passed: 5, failed: 0, skipped: 0 }, 1)).toEqual({ passed: 5, failed: 1, skipped: 0 });
  });

  it('counts a failed test once', () => {
    expect(judge({ passed: 5, failed: 2, skipped: 0 }, 1).failed).toBe(2);
    expect(judge({ passed: 5, failed: 0, skipped: 0 }, 0)).toEqual({ passed: 5, failed: 0, skipped: 0 });
  });
});

describe("a runner's counts", { timeout: 60_000 }, () => {
  let folder: string;
  const report = (): string => path.join(folder, 'reports/counts.json');

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-counts-'));
    await symlink(inProject('node_modules'), path.join(folder, 'node_modules'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function write(name: string, ...lines: readonly string[]): Promise<void> {
    await writeFile(path.join(folder, name), lines.join('\n'));
  }

  it('are none without a report, or with one that is damaged', async () => {
    expect(await readCounts(report())).toBeUndefined();
    for (const content of ['', 'null', '{"passed":1,"failed":0}', '{"passed":1,"failed":-1,"skipped":0}']) {
      await write('damaged.json', content);
      expect(await readCounts(path.join(folder, 'damaged.json'))).toBeUndefined();
    }
    writeCounts(report(), { passed: 1, failed: 2, skipped: 3 });
    expect(await readCounts(report())).toEqual({ passed: 1, failed: 2, skipped: 3 });
  });

  describe('of vitest', () => {
    async function vitest(...lines: readonly string[]): Promise<Counts> {
      await write('package.json', '{"type":"module"}');
      await write('a.test.ts', `import { afterAll, beforeAll, describe, expect, it } from 'vitest';`, ...lines);
      await write(
        'vitest.config.ts',
        `import { VitestCounts } from ${JSON.stringify(inProject('scripts/lib/vitestCounts.ts'))};`,
        `export default { test: { pool: 'forks', reporters: [new VitestCounts(${JSON.stringify(report())})] } };`,
      );
      const args = [inProject('node_modules/vitest/vitest.mjs'), 'run', '--root', folder];
      const { code } = await capture(process.execPath, args, { cwd: folder, env: cleanEnvironment() });
      return judge(await readCounts(report()), code);
    }
    const fails = `() => { throw new Error('There is no browser.'); }`;

    it('are those of its tests', async () => {
      expect(
        await vitest(
          `it('a', () => {});`,
          `it('b', () => { expect(1).toBe(2); });`,
          `it.skip('c', () => {});`,
          `it('d', (context) => { context.skip(); });`,
          `it.todo('e');`,
          `describe.skip('f', () => { it('g', () => {}); });`,
        ),
      ).toEqual({ passed: 1, failed: 1, skipped: 4 });
    });

    it('are failures for all tests of a file that could not begin', async () => {
      expect(
        await vitest(`beforeAll(${fails});`, `it('a', () => {});`, `describe('b', () => { it('c', () => {}); });`),
      ).toEqual({ passed: 0, failed: 2, skipped: 0 });
    });

    it('are failures for all tests of a part that could not begin, beside one that fails and one that is skipped', async () => {
      expect(
        await vitest(
          `it('a', () => {});`,
          `describe('b', () => {`,
          `  beforeAll(${fails});`,
          `  it('c', () => {});`,
          `  describe('d', () => { it('e', () => {}); it('f', () => {}); });`,
          `});`,
          `describe('g', () => { it('h', ${fails}); it.skip('i', () => {}); });`,
        ),
      ).toEqual({ passed: 1, failed: 4, skipped: 1 });
    });

    it.each([
      ['cannot be loaded', `import './gone.ts';\nit('a', () => {});`],
      ['cannot be read', `it('a', () => {`],
      ['throws while it is loaded', `it('a', () => {});\nthrow new Error('No.');`],
      ['has no test', ''],
    ])('are one failure for a file that %s', async (_how, lines) => {
      expect(await vitest(lines)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    });

    it('are failures for the tests of a worker that crashed', async () => {
      const crash = `async () => { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); }`;
      expect(await vitest(`it('a', ${crash});`, `it('b', () => {});`)).toEqual({ passed: 0, failed: 2, skipped: 0 });
    });

    it('are one failure more for an end that failed, and for an error that no test caught', async () => {
      expect(await vitest(`afterAll(${fails});`, `it('a', () => {});`)).toEqual({ passed: 1, failed: 1, skipped: 0 });
      expect(await vitest(`it('a', () => { void Promise.reject(new Error('Loose.')); });`)).toEqual({
        passed: 1,
        failed: 1,
        skipped: 0,
      });
    });
  });

  describe('of mocha', () => {
    async function mocha(...lines: readonly string[]): Promise<Counts> {
      const imported = (file: string): string => JSON.stringify(inProject(file));
      await write('a.test.cjs', ...lines);
      await write(
        'run.mjs',
        `import Mocha from 'mocha';`,
        `import { countMocha } from ${imported('scripts/lib/mochaCounts.ts')};`,
        `import { writeCounts } from ${imported('scripts/lib/testCounts.ts')};`,
        `const mocha = new Mocha({ ui: 'tdd' });`,
        `mocha.addFile(${JSON.stringify(path.join(folder, 'a.test.cjs'))});`,
        `const runner = mocha.run((failures) => {`,
        `  writeCounts(${JSON.stringify(report())}, counts());`,
        `  process.exitCode = failures === 0 ? 0 : 1;`,
        `});`,
        `const counts = countMocha(runner);`,
      );
      const { code } = await capture(process.execPath, [path.join(folder, 'run.mjs')], { env: cleanEnvironment() });
      return judge(await readCounts(report()), code);
    }
    const fails = `() => { throw new Error('No.'); }`;

    it('are those of its tests', async () => {
      expect(
        await mocha(
          `suite('s', () => { test('a', () => {}); test('b', ${fails}); test.skip('c', () => {}); test('d'); });`,
        ),
      ).toEqual({ passed: 1, failed: 1, skipped: 2 });
    });

    it('are failures for all tests of a suite that could not begin', async () => {
      expect(
        await mocha(
          `suite('s', () => {`,
          `  suiteSetup(${fails});`,
          `  test('a', () => {});`,
          `  suite('inner', () => { test('b', () => {}); test('c', () => {}); });`,
          `});`,
          `suite('other', () => { test('d', () => {}); });`,
        ),
      ).toEqual({ passed: 1, failed: 3, skipped: 0 });
    });

    it('are failures for tests that a broken set-up kept from running', async () => {
      expect(await mocha(`suite('s', () => { setup(${fails}); test('a', () => {}); test('b', () => {}); });`)).toEqual({
        passed: 0,
        failed: 2,
        skipped: 0,
      });
    });

    it('are one failure for an end that failed, and for a file that cannot be loaded', async () => {
      expect(await mocha(`suite('s', () => { suiteTeardown(${fails}); test('a', () => {}); });`)).toEqual({
        passed: 1,
        failed: 1,
        skipped: 0,
      });
      await rm(report());
      expect(await mocha(`require('./gone.cjs');`)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    });
  });
});
