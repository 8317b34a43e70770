// Writes the document for others into the folder, with every replacement that was judged so far.
import path from 'node:path';
import { leavingDocument, type JudgedReplacement } from '../core/leaving/document.ts';
import type { Inventory } from '../core/leaving/inventory.ts';
import { sentenceOf } from '../core/evaluation/comparison/statements.ts';
import { subjectOf } from '../core/evaluation/comparison/subject.ts';
import { baselineOf } from '../core/evaluation/comparison/runJudgment.ts';
import { judgeSliced } from '../evals/judgeSliced.ts';
import { isOver } from '../evals/plan.ts';
import type { RunRegistry } from '../evals/registry.ts';
import { writeFileAtomic } from '../storage/atomicFile.ts';
import type { LeavingFolder } from './leavingFolder.ts';

export const DOCUMENT_NAME = 'leaving.html';

type Runs = Pick<RunRegistry, 'list' | 'open' | 'close'>;

/** Replacements of models of this provider whose runs have ended, newest first. @param nameOf name of a connection by its id */
export async function judgedReplacements(
  { connection, models }: Pick<Inventory, 'connection' | 'models'>,
  runs: Runs,
  nameOf: (connectionId: string) => Promise<string>,
): Promise<readonly JudgedReplacement[]> {
  const listed = runs.list();
  const configOf = new Map(listed.map(({ config }) => [config.id, config]));
  const known = new Set(models.map(({ model }) => model));
  const judged: JudgedReplacement[] = [];
  for (const { config, status } of listed) {
    const recorded = config.contestants.find((one) => one.recorded !== undefined)?.recorded;
    if (config.replacement === undefined || recorded === undefined || !isOver({ status })) continue;
    // Two providers may have models of one name: the recording tells whose it is, as long as it is there.
    const isTheirs =
      configOf.get(recorded.run)?.contestants.some(({ connectionId }) => connectionId === connection.id) ??
      known.has(recorded.model);
    if (!isTheirs) continue;
    const one = await judgeOne(runs, config.id, nameOf);
    if (one !== null) judged.push(one);
  }
  return judged;
}

async function judgeOne(
  runs: Runs,
  id: string,
  nameOf: (connectionId: string) => Promise<string>,
): Promise<JudgedReplacement | null> {
  const opened = await runs.open(id);
  if (!opened.ok) return null;
  const run = opened.value;
  try {
    const { config, items, rows } = run;
    const { replacement, statements } = await judgeSliced(config, items, rows);
    const by = subjectOf(config.contestants, baselineOf(config));
    const old = config.contestants.find((one) => one.recorded !== undefined);
    if (replacement === undefined || by === undefined || old?.recorded === undefined) return null;
    return {
      old: old.recorded.model,
      oldLabel: old.label,
      model: by.model ?? by.label,
      label: by.label,
      provider: by.connectionId === undefined ? '' : await nameOf(by.connectionId),
      at: config.createdAt,
      sentence: sentenceOf(statements),
      facts: replacement,
    };
  } finally {
    runs.close(run);
  }
}

/** Rejects with the system's error. @returns the document's path */
export async function writeDocument(
  folder: LeavingFolder,
  inventory: Inventory,
  runs: Runs,
  nameOf: (connectionId: string) => Promise<string>,
): Promise<string> {
  const replacements = await judgedReplacements(inventory, runs, nameOf);
  const file = path.join(folder.folder, DOCUMENT_NAME);
  await writeFileAtomic(file, leavingDocument({ inventory, index: folder.index, replacements }));
  return file;
}
