import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { answerOf } from '../core/dataset/identity.ts';
import { createAnswerCollector } from '../core/dataset/report/answers.ts';
import { floorsInSteps, type FloorInput, type Floors } from '../core/evaluation/baselines/floors.ts';
import type { TrainingPair } from '../core/evaluation/baselines/words.ts';
import { questionOf, toTestItems, type NumberedExample } from '../core/evaluation/prompt.ts';
import type { FloorOptions } from '../protocol/datasetWorker.ts';
import { WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

/** Free floors over the items of a test file, as far as they can be made; those from examples need the training file. */
export async function floors(
  path: string,
  training: string | null,
  { grader, truthPrefix, decimalMark, listed }: FloorOptions,
  signal: AbortSignal,
): Promise<Floors> {
  const items = toTestItems(await examplesOf(path, signal), null);
  const steps = floorsInSteps(
    {
      grader,
      items,
      training: training === null ? null : await trainingOf(training, signal),
      truthPrefix,
      numberReader: { version: 2, decimalMark },
    },
    listed,
  );
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    // An order to end it arrives in between.
    await new Promise(setImmediate);
    signal.throwIfAborted();
  }
}

async function trainingOf(path: string, signal: AbortSignal): Promise<FloorInput['training']> {
  const collector = createAnswerCollector(() => 0);
  const pairs: TrainingPair[] = [];
  for (const { example } of await examplesOf(path, signal)) {
    const answer = answerOf(example);
    if (answer === null) continue;
    collector.add(answer);
    pairs.push({ question: questionOf(example), answer });
  }
  return { answers: collector.figures(), pairs };
}

/** Reads the examples of a file; the first error ends it, since a row left out silently would change the floors. */
async function examplesOf(path: string, signal: AbortSignal): Promise<readonly NumberedExample[]> {
  const checker = createChecker({ minExamples: 0 });
  const examples: NumberedExample[] = [];
  await readLines(
    { path },
    {
      signal,
      hashed: false,
      onLine: (line) => {
        const { example, findings, line: number } = checker.line(line);
        const error = findings.find(({ severity }) => severity === 'error');
        if (error !== undefined) throw new WorkerProblem(problemIn(basename(path), error));
        if (example !== null) examples.push({ line: number, example });
        return true;
      },
    },
  );
  return examples;
}

function problemIn(name: string, { code, line, message, action }: Finding): WorkerProblem['problem'] {
  return { code, message: line === 0 ? message : t('Line {0} of {1}: {2}', line, name, message), action };
}
