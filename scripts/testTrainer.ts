// `npm run test:trainer`: style, types and tests of the trainer, in its own environment, and the tests of the product that need
// it. `-- -m slow` runs the slow tests; other arguments go to pytest too, and then nothing else is tested. The last line adds up what was counted.
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { inProject, projectRoot } from './lib/paths.ts';
import { passThrough } from './lib/processes.ts';
import { readJunit } from './lib/pytestCounts.ts';
import { add, closingLine, judge, noTests, readCounts, type Counts } from './lib/testCounts.ts';
import { isTrainerReady, trainerPython } from './lib/trainerEnvironment.ts';

const folder = inProject('trainer');
const report = inProject('.reports', 'trainer.xml');

async function python(args: readonly string[]): Promise<number> {
  const env = { ...process.env, OMP_NUM_THREADS: process.env['OMP_NUM_THREADS'] ?? '1' };
  return await passThrough(trainerPython, args, { cwd: folder, env });
}

async function check(name: string, args: readonly string[]): Promise<Counts> {
  console.log(`\n── ${name} ──`);
  return (await python(args)) === 0 ? { ...noTests, passed: 1 } : { ...noTests, failed: 1 };
}

/** Tests of the extension and its server that are skipped without a Python that has the trainer. */
async function testsOfTheProduct(): Promise<Counts> {
  console.log('\n── the product with the trainer ──');
  const counts = inProject('.reports', 'withTrainer.json');
  await rm(counts, { force: true });
  const engine = 'test/unit/local/engines/openWeights';
  const files = [
    'test/unit/openWeights/fetchHub.test.ts',
    `${engine}/realTrainer.test.ts`,
    `${engine}/realNotebook.test.ts`,
    `${engine}/realCluster.test.ts`,
  ];
  const exitCode = await passThrough(
    process.execPath,
    [inProject('node_modules', 'vitest/vitest.mjs'), 'run', '--project=unit', ...files],
    {
      cwd: projectRoot,
      env: { ...process.env, TUNING_FORK_TRAINER_PYTHON: trainerPython, TUNING_FORK_TEST_COUNTS: counts },
    },
  );
  return judge(await readCounts(counts), exitCode);
}

async function main(): Promise<void> {
  if (!(await isTrainerReady())) {
    throw new Error('The environment of the trainer is missing or out of date. Run: npm run setup:trainer');
  }
  await mkdir(path.dirname(report), { recursive: true });
  await rm(report, { force: true });
  let total = await check('style', ['-m', 'ruff', 'check', '.']);
  total = add(total, await check('format', ['-m', 'ruff', 'format', '--check', '.']));
  total = add(total, await check('types', ['-m', 'mypy']));
  console.log('\n── tests ──');
  const own = process.argv.slice(2);
  // Each test trains on one core. A few chosen ones are not worth a second start of torch, and may want the terminal.
  const side = own.length > 0 ? own : [`--numprocesses=${availableParallelism()}`, '--dist=loadgroup'];
  const exitCode = await python(['-m', 'pytest', `--junitxml=${report}`, ...side]);
  total = add(total, judge(await readJunit(report), exitCode));
  if (own.length === 0) total = add(total, await testsOfTheProduct());
  console.log(`\n${closingLine(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log(closingLine({ ...noTests, failed: 1 }));
  process.exitCode = 1;
});
