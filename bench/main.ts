// `npm run bench`: measures what the documentation promises, prints it and writes docs/benchmarks.md. Ends with 1 when
// a goal is missed. Real data comes from a folder named by TUNING_FORK_DATA_DIR; without one the samples are used.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { datasetBench } from './datasets.ts';
import { benchLocalEngine } from './localEngine.ts';
import { markdownTable, plainTable } from './table.ts';
import { tokenBench } from './tokens.ts';

const inProject = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

const dataFolder = process.env['TUNING_FORK_DATA_DIR'];
console.log('Local engine (local-linear-1)');
if (dataFolder === undefined) {
  console.log('TUNING_FORK_DATA_DIR is not set: measured on the synthetic samples/, not on real data.');
}
const rows = benchLocalEngine(dataFolder, inProject('samples/workspace'));
console.log(
  rows.length === 0
    ? 'There are no samples either: set TUNING_FORK_DATA_DIR to a folder with the data.'
    : plainTable(rows),
);

console.log('\nToken counter (o200k)');
const tokenRows = await tokenBench(dataFolder);
console.log(plainTable(tokenRows));

console.log('\nDatasets');
const datasetRows = await datasetBench();
console.log(plainTable(datasetRows));

// The written page is about real data; a run on the samples must not take its place.
if (dataFolder !== undefined) {
  writeFileSync(
    inProject('docs/benchmarks.md'),
    page(markdownTable(rows), markdownTable(tokenRows), markdownTable(datasetRows)),
  );
  console.log('Written to docs/benchmarks.md');
}
if (rows.length === 0 || [...rows, ...tokenRows, ...datasetRows].some(({ met }) => !met)) process.exitCode = 1;

function page(localEngine: string, tokens: string, datasets: string): string {
  return `# Benchmarks

Written by \`npm run bench\` with \`TUNING_FORK_DATA_DIR\` set. CPU time, not wall time, because machines are shared; Node
${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.

## Local engine (local-linear-1)

Default hyperparameters (\`auto\`), no validation file, answers at temperature 0 (most probable word, median number). No
test row is seen before it is asked. Prices: mean error divided by that of always answering the median of the training
answers, so 1.00 is worth nothing and less is better. Each figure is the mean over three seeds.

${localEngine}

With shuffled answers there is nothing to learn, and the engine must neither find anything nor lose much.

## Token counter (o200k)

Our own counter against the packages that do the same, each in a process of its own, in one run. Ratios are what to read: the figures
themselves depend on the machine and on what else it is doing.

${tokens}

## Datasets

Reading and checking against readline with JSON.parse, and the whole pass (rules, tokens, duplicates) against the same work with
gpt-tokenizer, in one run.

${datasets}
`;
}
