// `npm test`: every kind of test, from types to the whole window. The last line adds up what the reporters counted.
// `npm test -- --only unit` runs one step; `--only e2e,host` several. `--grep TEXT` passes a name filter to vitest.
// What a step needs is installed before it; system packages for all steps at once, before the first.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { hostTestNeeds, runHostTests } from './lib/hostTests.ts';
import { inProject, projectRoot, testResults } from './lib/paths.ts';
import { prepare, prepareSystem, type Need } from './lib/prepare.ts';
import { passThrough } from './lib/processes.ts';
import { add, closingLine, judge, noTests, readCounts, type Counts } from './lib/testCounts.ts';

interface Step {
  readonly name: string;
  /** Needs that may ask for system packages. Each step prepares them itself. */
  readonly needs?: () => Promise<readonly Need[]> | readonly Need[];
  readonly run: () => Promise<Counts>;
}

const { values } = parseArgs({ options: { only: { type: 'string' }, grep: { type: 'string' } } });
const chosen = values.only?.split(',');
const reports = inProject('.reports');

/** Runs one of the project's tools under this Node. */
async function tool(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const options = { cwd: projectRoot, env: { ...process.env, ...env } };
  return await passThrough(process.execPath, [inProject('node_modules', file), ...args], options);
}

/** A step that is one test: it passes or it fails. */
function one(exitCode: number): Counts {
  return exitCode === 0 ? { ...noTests, passed: 1 } : { ...noTests, failed: 1 };
}

async function check(...commands: (() => Promise<number>)[]): Promise<Counts> {
  let worst = 0;
  for (const command of commands) worst = Math.max(worst, await command());
  return one(worst);
}

/** Runs projects of vitest.config.ts, which prepare what they need. */
async function vitest(name: string, ...projects: string[]): Promise<Counts> {
  const report = path.join(reports, `${name}.json`);
  const args = ['run', ...projects.map((project) => `--project=${project}`)];
  if (values.grep !== undefined) args.push('-t', values.grep);
  const exitCode = await tool('vitest/vitest.mjs', args, { TUNING_FORK_TEST_COUNTS: report });
  return judge(await readCounts(report), exitCode);
}

const tsc = (project: string) => () => tool('typescript/bin/tsc', ['-p', project]);

const steps: readonly Step[] = [
  { name: 'types', run: () => check(tsc('src/core'), tsc('webview'), tsc('.')) },
  {
    name: 'lint',
    run: () =>
      check(
        () => tool('eslint/bin/eslint.js', ['.']),
        () => tool('prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.', '!test/fixtures/**']),
      ),
  },
  { name: 'build', run: () => check(() => passThrough(process.execPath, ['scripts/build.ts'], { cwd: projectRoot })) },
  { name: 'unit', needs: () => ['browser'], run: () => vitest('unit', 'unit', 'panels', 'faults') },
  {
    name: 'package',
    run: async () => {
      await prepare(['package']);
      return one(0);
    },
  },
  {
    name: 'host',
    needs: hostTestNeeds,
    run: async () => {
      const report = path.join(reports, 'host.json');
      const exitCode = await runHostTests(report, console.log);
      return judge(await readCounts(report), exitCode);
    },
  },
  { name: 'e2e', needs: () => ['host', 'browser'], run: () => vitest('e2e', 'e2e') },
];

/** A step that throws has failed, with the reason shown; the steps after it still run. */
async function guarded(step: Step): Promise<Counts> {
  try {
    return await step.run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return one(1);
  }
}

async function main(): Promise<void> {
  const unknown = chosen?.find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no step ${unknown}: ${steps.map(({ name }) => name).join(', ')}.`);
  await rm(reports, { recursive: true, force: true });
  await rm(testResults, { recursive: true, force: true });
  await mkdir(reports, { recursive: true });

  const wanted = steps.filter(({ name }) => chosen?.includes(name) ?? true);
  const needs: Need[] = [];
  for (const step of wanted) needs.push(...((await step.needs?.()) ?? []));
  await prepareSystem(needs);

  let total = noTests;
  const table: string[] = [];
  for (const step of wanted) {
    console.log(`\n── ${step.name} ──`);
    const started = performance.now();
    const counts = await guarded(step);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    table.push(`${step.name.padEnd(8)} ${closingLine(counts)} (${seconds} s)`);
    total = add(total, counts);
  }
  console.log(`\n${table.join('\n')}\n`);
  console.log(closingLine(total));
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log(closingLine({ ...noTests, failed: 1 }));
  process.exitCode = 1;
});
