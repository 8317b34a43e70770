import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { createChecker } from '../../core/dataset/check/checker.ts';
import { answerOf } from '../../core/dataset/identity.ts';
import { createAnswerCollector, type AnswerFigures } from '../../core/dataset/report/answers.ts';
import { questionOf, toTestItems, type NumberedExample } from '../../core/evaluation/prompt.ts';
import type { TrainingPair } from '../../core/evaluation/baselines/words.ts';
import type { TestItem } from '../../core/evaluation/types.ts';
import { countTokens } from '../../local/tokens.ts';
import { FileProblem, openDataset } from '../datasetFile.ts';
import { CommandFailure } from '../options.ts';

export interface TestRows {
  readonly sha256: string;
  readonly items: readonly TestItem[];
  readonly answers: AnswerFigures;
}

/** Reads a test file. @param countTokens whether the answers' mean tokens are wanted, else 0 @throws CommandFailure at its first error: a row left out silently would change the figures */
export async function readTestRows(
  file: string,
  answerPrefix: string | null,
  { countTokens: counted = false }: { readonly countTokens?: boolean } = {},
): Promise<TestRows> {
  const { examples, sha256 } = await readExamples(file);
  const collector = createAnswerCollector(counted ? countTokens : () => 0);
  for (const { example } of examples) collector.add(answerOf(example) ?? '');
  const items = toTestItems(examples, answerPrefix);
  if (items.length === 0) {
    throw new CommandFailure({
      code: 'no-items',
      message: t('{0} has no row with a question and an answer.', path.basename(file)),
      action: t('Choose another test file.'),
    });
  }
  return { sha256, items, answers: collector.figures() };
}

/** Reads what a model was trained on. */
export async function readTrainingPairs(file: string): Promise<readonly TrainingPair[]> {
  const { examples } = await readExamples(file);
  return examples.flatMap(({ example }) => {
    const answer = answerOf(example);
    return answer === null ? [] : [{ question: questionOf(example), answer }];
  });
}

async function readExamples(
  file: string,
): Promise<{ readonly examples: readonly NumberedExample[]; readonly sha256: string }> {
  const checker = createChecker({ minExamples: 0 });
  const examples: NumberedExample[] = [];
  const problems: CommandFailure[] = [];
  let dataset: ReturnType<typeof openDataset> | null = null;
  try {
    dataset = openDataset(file, { hashed: true });
    await dataset.each((line) => {
      const checked = checker.line(line);
      const error = checked.findings.find(({ severity }) => severity === 'error');
      if (error !== undefined) {
        const { code, message, action, line: at } = error;
        const where = at === 0 ? message : t('Line {0} of {1}: {2}', at, path.basename(file), message);
        problems.push(new CommandFailure({ code, message: where, action }));
        return false;
      }
      if (checked.example !== null) examples.push({ line: checked.line, example: checked.example });
      return true;
    });
    const [problem] = problems;
    if (problem !== undefined) throw problem;
    return { examples, sha256: dataset.sha256() ?? '' };
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    throw new CommandFailure({ code: 'file-unreadable', message: error.message, action: t('Check the path.') });
  } finally {
    dataset?.close();
  }
}
