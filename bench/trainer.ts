// `npm run bench:trainer`: measures the trainer of open-weights models beside a plain TRL script, the start of a training through the local
// server, and its answers. Prints a table and writes it to .reports/trainer-bench.md; ends with 1 when a goal is missed.
// `-- training start serving` measures some of it; `-- samples` trains on samples/ and asks the model beside its rivals,
// `-- ray` trains on a Ray cluster of this machine.
// TUNING_FORK_SMOLLM2_DIR names the model's folder, TUNING_FORK_DATA_DIR the data.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { inProject } from '../scripts/lib/paths.ts';
import { isTrainerReady } from '../scripts/lib/trainerEnvironment.ts';
import { markdownTable, plainTable, type Row } from './table.ts';
import { prepareMaterial, type TrainerMaterial } from './trainerMaterial.ts';
import { rayRows } from './trainerRay.ts';
import { sampleRows } from './trainerSamples.ts';
import { servingRows } from './trainerServing.ts';
import { startRows } from './trainerStart.ts';
import { trainingRows } from './trainerTraining.ts';

const parts: Readonly<Record<string, (material: TrainerMaterial) => Promise<Row[]>>> = {
  training: trainingRows,
  start: startRows,
  serving: servingRows,
};
/** Measured only where they are named: what such a training is good for, which random weights cannot say, and a cluster. */
const slowParts: typeof parts = { samples: sampleRows, ray: rayRows };
const allParts: typeof parts = { ...parts, ...slowParts };

async function main(): Promise<void> {
  if (!(await isTrainerReady())) {
    throw new Error('The environment of the trainer is missing or out of date. Run: npm run setup:trainer');
  }
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
  const unknown = names.filter((name) => allParts[name] === undefined);
  if (unknown.length > 0) {
    throw new Error(`There is no part ${unknown.join(', ')}; there are ${Object.keys(allParts).join(', ')}.`);
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-bench-'));
  try {
    const material = await prepareMaterial(folder);
    console.log(material.about);
    const rows: Row[] = [];
    for (const name of names) rows.push(...((await allParts[name]?.(material)) ?? []));
    console.log(`\n${plainTable(rows)}`);
    const report = inProject('.reports', 'trainer-bench.md');
    mkdirSync(path.dirname(report), { recursive: true });
    writeFileSync(report, `${material.about}\n\n${markdownTable(rows)}\n`);
    console.log(`\nWritten to ${path.relative(inProject(), report)}`);
    if (rows.some(({ met }) => !met)) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
