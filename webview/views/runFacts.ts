import { t, tn } from '../../src/core/base/messages.ts';
import { allLeftOut, testFileName } from '../../src/core/evaluation/report/words.ts';
import type { RunConfig } from '../../src/core/evaluation/types.ts';
import { visibleLine } from '../visibleText.ts';

/** The models against each other; the name of the test file is in the facts below. */
export function titleOf({ contestants, name }: RunConfig): string {
  const [a, b, ...others] = contestants
    .filter(({ kind }) => kind !== 'constant')
    .map(({ label }) => visibleLine(label));
  if (a === undefined) return name;
  if (b === undefined) return a;
  return others.length === 0
    ? t('{0} against {1}', a, b)
    : tn(others.length, '{1}, {2} and {0} other', '{1}, {2} and {0} others', a, b);
}

function graderWords(grader: RunConfig['grader']): string {
  switch (grader) {
    case 'number':
      return t('number grader');
    case 'string_check':
      return t('exact match');
    case 'contains':
      return t('the reply contains the answer');
    case 'regex':
      return t('the reply matches a pattern');
    case 'label':
      return t('label grader');
  }
}

/** Name of the evaluation and its test file, grader and sampling, in one line. */
export function factsOf(run: RunConfig, items: number): string {
  const { temperature, maxTokens, seed } = run.sampling;
  const { samples = 1 } = run;
  const testFile = testFileName(run.testFile);
  return [
    ...(run.name === testFile ? [] : [run.name]),
    testFile,
    tn(items, '{0} item', '{0} items'),
    graderWords(run.grader),
    tn(
      maxTokens,
      'temperature {1}, at most {0} token, seed {2}',
      'temperature {1}, at most {0} tokens, seed {2}',
      temperature,
      String(seed),
    ),
    ...(samples > 1
      ? [
          run.grader === 'number'
            ? tn(samples, '{0} reply for each item', '{0} replies for each item, whose median counts')
            : tn(samples, '{0} reply for each item', '{0} replies for each item, whose majority counts'),
        ]
      : []),
    ...allLeftOut(run.contestants),
  ].join(' · ');
}
