// A window that evaluates: makes a run or resumes one, and tells each row that it was told.
import path from 'node:path';
import { RunRegistry } from '../../../src/evals/registry.ts';
import type { EvaluationRun } from '../../../src/evals/runner.ts';
import { askAt, configOf, type EvaluationTask, itemsOf, SHA } from './evaluationRig.ts';

const task = JSON.parse(process.env['TUNING_FORK_TASK'] ?? '{}') as EvaluationTask;
// The parent reads one fact a line.
const tell = (fact: string): void => void process.stdout.write(`${fact}\n`);
const registry = new RunRegistry(path.join(task.folder, 'evaluations'));

registry.onDidChange(({ change }) => {
  for (const { item, contestant } of change?.rows ?? []) tell(`row ${String(item)} ${contestant}`);
});

async function theRun(): Promise<EvaluationRun> {
  if (task.create) return registry.create(configOf(task), itemsOf(task.items));
  const opened = await registry.open(task.id);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

const result = await (await theRun()).start(SHA, { ask: askAt(task) });
tell(result.ok ? `ended ${result.value}` : `ended ${result.error.code}`);
process.exit(0);
