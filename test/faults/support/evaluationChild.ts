// A window that evaluates: makes a run or resumes one, and tells each request that it is about to send and each row that it was told.
import path from 'node:path';
import { RunRegistry } from '../../../src/evals/registry.ts';
import type { EvaluationRun } from '../../../src/evals/runner.ts';
import type { Ask } from '../../../src/evals/scheduler.ts';
import { askAt, configOf, type EvaluationTask, itemsOf, SHA } from './evaluationRig.ts';

const task = JSON.parse(process.env['TUNING_FORK_TASK'] ?? '{}') as EvaluationTask;
// The parent reads one fact a line.
const tell = (fact: string): void => void process.stdout.write(`${fact}\n`);
const registry = new RunRegistry(path.join(task.folder, 'evaluations'));

registry.onDidChange(({ change }) => {
  for (const { item, contestant } of change?.rows ?? []) tell(`row ${String(item)} ${contestant}`);
});

/** Announces each request once it may be sent: a pipe is written at once, so that a stopped process has told all it asked. */
const ask: Ask = (contestant, item, signal, sample) => {
  tell(`asks ${String(item.index)}`);
  return askAt(task)(contestant, item, signal, sample);
};

async function theRun(): Promise<EvaluationRun> {
  if (task.create) return registry.create(configOf(task), itemsOf(task.items));
  const opened = await registry.open(task.id);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

const result = await (await theRun()).start(SHA, { ask });
tell(result.ok ? `ended ${result.value}` : `ended ${result.error.code}`);
process.exit(0);
