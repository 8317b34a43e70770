// `npm run bench`: measures what the documentation promises, prints it and writes docs/benchmarks.md. Ends with 1 when
// a goal is missed. `npm run bench -- tokens datasets` measures and writes those sections only. Real data comes from a
// folder named by TUNING_FORK_DATA_DIR; without one the samples are used and nothing is written.
import { readFileSync, writeFileSync } from 'node:fs';
import prettier from 'prettier';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { prepare } from '../scripts/lib/prepare.ts';
import { chartBench } from './charts.ts';
import { dataCurveBench } from './dataCurve.ts';
import { datasetBench } from './datasets.ts';
import { evaluationBench } from './evaluation.ts';
import { benchLocalEngine } from './localEngine.ts';
import { replacementBench } from './replacements.ts';
import { startupBench } from './startup.ts';
import { suspiciousBench } from './suspicious.ts';
import { markdownTable, plainTable, type Row } from './table.ts';
import { tokenBench } from './tokens.ts';
import { uploadBench } from './uploads.ts';
import { verdictBench } from './verdicts.ts';

const inProject = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url));

interface Section {
  readonly title: string;
  /** What is measured against what; between the heading and the table. */
  readonly about: string;
  readonly after?: string;
  measure(dataFolder: string | undefined): Promise<Row[]>;
}

const sections: Readonly<Record<string, Section>> = {
  engine: {
    title: 'Local engine (local-linear-1)',
    about: `Default hyperparameters (\`auto\`), no validation file, answers at temperature 0 (most probable word, median number). No
test row is seen before it is asked. Prices: mean error divided by that of always answering the median of the training
answers, so 1.00 is worth nothing and less is better. Each figure is the mean over three seeds.`,
    after: 'With shuffled answers there is nothing to learn, and the engine must neither find anything nor lose much.',
    measure: (dataFolder) => benchLocalEngine(dataFolder, inProject('samples/workspace')),
  },
  tokens: {
    title: 'Token counter (o200k)',
    about: `Our own counter against the packages that do the same, each in a process of its own, in one run. Ratios are what to read: the figures
themselves depend on the machine and on what else it is doing.`,
    measure: tokenBench,
  },
  datasets: {
    title: 'Datasets',
    about: `Each program in a process of its own, taking turns; ratios are the middle of those within the rounds. The rows are made by
\`bench/corpus.ts\` from a seed: 100,000 chat rows of 1.57 kB, put together from runs of 2 to 12 words of the installed packages'
documentation, so that words, their frequencies and their punctuation are those of real text. Of a hundred words five are numbers and
two are new (the beginning of one word and the end of another), as names and slips are in text of that size: the 21 million words are
0.57 million different ones, where Heaps' law makes it 0.3 million from the documentation's own words, and 0.7 million from those of real
product descriptions. Of a hundred
rows two are copies, three nearly, one contradicts another.

Validation is what *Check* does: every rule, differences between the rows, findings with their places. The whole pass validates, counts
tokens, and finds exact and near duplicates and contradictions; the gpt-tokenizer version is the same program with the counter replaced.`,
    measure: datasetBench,
  },
  suspicious: {
    title: 'Suspicious answers',
    about: `Answers of which a twentieth is changed, found again by models that have not seen the row. Average precision: the mean of the precision
at each changed row, so 1.00 is all of them first. The peer is cleanlab's label quality (TF-IDF of words and pairs, logistic regression, five
folds, self-confidence) on the same rows. Means of three seeds, of the largest file one.`,
    measure: suspiciousBench,
  },
  replacements: {
    title: 'Replacements',
    about: `The local engine, trained on real rows, answers others at temperature 1, forty times each. Of 200 seeded cases each draws three of these
replies for the model that is left and three others for its replacement: the same model has to be called equal. The worse one gives the same
replies with errors that are larger by the margin in the mean. The margin is the one for which the product asks for as many items as there
are.`,
    measure: replacementBench,
  },
  dataCurve: {
    title: 'Would more data help?',
    about: `The curve of half of a file's rows, asked for the error at all of them, which is then measured. Files of eight seeds each: the rows
are drawn and put in order by the seed, and none of these seeds was used to tune the method. Shuffled answers are those of all rows.`,
    measure: dataCurveBench,
  },
  uploads: {
    title: 'Uploads to the local server',
    about: `The start saga's own upload to the local server, which runs in a thread of its own: the same file in parts of 64 MB and in one
request, taking turns. The ratio is the middle of those within the rounds. Parts that come one after the other are appended to one file,
which becomes the finished one; before, putting them together copied everything once more.`,
    measure: uploadBench,
  },
  evaluation: {
    title: 'Evaluation',
    about: `Whole runs as the extension makes them: scheduler, client, grader and journal, before a server in a thread of its own that replies after
200 ms. Efficiency is the ideal time (requests × 200 ms, divided by those at once) by the actual time. CPU is that of the thread that
evaluates. Peers take turns; what is left of a machine that does other work too falls on both.`,
    measure: evaluationBench,
  },
  charts: {
    title: 'Charts',
    about: `Two losses a step, a million steps. The page of a job in Chromium as VS Code shows it, which gets its messages as from the extension
(columns, 200,000 rows each), beside uPlot with the same columns in a page of its own, taking turns; times are of scripts and frames, not of
the raster. Smoothing is off for the comparison. Data: the store of the jobs in Node, in milliseconds of the processor that its thread
had; a piece is what runs before other work gets its turn.`,
    measure: chartBench,
  },
  verdicts: {
    title: 'Verdicts on curves',
    about: `One verdict on a synthetic curve of a million points. Sorting the points into 60 bins is the only pass over all of them.`,
    measure: verdictBench,
  },
  startup: {
    title: 'Start-up',
    about: `Each start in a process of its own, taking turns with its peer; the middle of eleven rounds, CPU time of all threads. Activation is
reading \`dist/extension.cjs\` with what it imports and running \`activate()\` in a window with nothing in it, where Node's own modules are
read already, as in an extension host. The peer is a bundle that many people load. First findings: a new thread, its module and the check of
a document of 2 MB that is on disk too, against a thread that only splits the same text and parses its lines.`,
    measure: startupBench,
  },
};

const dataFolder = process.env['TUNING_FORK_DATA_DIR'];
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sections);
const unknown = names.filter((name) => sections[name] === undefined);
if (unknown.length > 0) {
  console.error(`There is no section ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}.`);
  process.exit(2);
}
if (dataFolder === undefined) {
  console.log('TUNING_FORK_DATA_DIR is not set: measured on the synthetic samples/, not on real data.');
}
await prepare(['tokens']);
for (const name of names) {
  const section = sections[name];
  if (section === undefined) continue;
  console.log(`\n${section.title}`);
  const rows = await section.measure(dataFolder);
  console.log(rows.length === 0 ? 'There is nothing to measure it with.' : plainTable(rows));
  // A section that is not measured misses its goals too.
  if (rows.length === 0 || rows.some(({ met }) => !met)) process.exitCode = 1;
  // The written page is about real data; a run on the samples must not take its place.
  if (dataFolder !== undefined) await write(section, rows);
}
if (dataFolder !== undefined) console.log('\nWritten to docs/benchmarks.md');

/** Puts the section in its place on the page; the others stay as they are. */
async function write({ title, about, after }: Section, rows: readonly Row[]): Promise<void> {
  const file = inProject('docs/benchmarks.md');
  const heading = `## ${title}\n`;
  const measured = `Measured with Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.`;
  const text = [
    heading,
    about,
    '',
    measured,
    '',
    markdownTable(rows),
    ...(after === undefined ? [] : ['', after]),
  ].join('\n');
  const [head = '', ...others] = readFileSync(file, 'utf8')
    .trimEnd()
    .split(/^(?=## )/m);
  const at = others.findIndex((other) => other.startsWith(heading));
  if (at === -1) others.push(text);
  else others[at] = text;
  const page = [head, ...others].map((part) => part.trimEnd()).join('\n\n');
  // As lint wants it.
  const style = await prettier.resolveConfig(file);
  writeFileSync(file, await prettier.format(page, { ...style, parser: 'markdown' }));
}
