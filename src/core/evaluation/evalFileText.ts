import type { EvalContestant, EvalFile, Floor } from './evalFile.ts';

/** Text of an evaluation file that `parseEvalFile` reads as this one; paths and connections as the object has them. */
export function evalFileText(file: EvalFile): string {
  const { testFile, trainingFile, primary, matters, baseline, answerPrefix, contestants, grader, sampling } = file;
  const { temperature, maxTokens, samples, seed } = sampling;
  const value = {
    testFile,
    ...(trainingFile === null ? {} : { trainingFile }),
    primary,
    matters,
    ...(baseline === null ? {} : { baseline }),
    ...(answerPrefix === null ? {} : { answerPrefix }),
    contestants: contestants.map(contestantValue),
    grader,
    sampling: { temperature, maxTokens, samples, seed },
    stopEarly: file.stopEarly,
    ...(file.pass === null ? {} : { pass: passValue(file.pass) }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function contestantValue(contestant: EvalContestant): object {
  return 'floor' in contestant ? { label: contestant.label, [contestant.floor satisfies Floor]: true } : contestant;
}

function passValue({ metrics, vsBaseline }: NonNullable<EvalFile['pass']>): object {
  return { ...metrics, ...(vsBaseline === null ? {} : { vsBaseline }) };
}
