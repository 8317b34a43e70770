// `npm run test:trainer`: style, types and tests of the trainer, in its own environment. `-- -m slow` runs the slow tests;
// other arguments go to pytest too. The last line adds up what was counted.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { inProject } from './lib/paths.ts';
import { passThrough } from './lib/processes.ts';
import { readJunit } from './lib/pytestCounts.ts';
import { add, closingLine, judge, noTests, type Counts } from './lib/testCounts.ts';
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
  const exitCode = await python(['-m', 'pytest', `--junitxml=${report}`, ...process.argv.slice(2)]);
  total = add(total, judge(await readJunit(report), exitCode));
  console.log(`\n${closingLine(total)}`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log(closingLine({ ...noTests, failed: 1 }));
  process.exitCode = 1;
});
