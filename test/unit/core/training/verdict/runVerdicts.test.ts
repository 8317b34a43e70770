import { describe, expect, it } from 'vitest';
import { MetricColumns } from '../../../../../src/core/training/curves/columns.ts';
import {
  marksOf,
  RunJudge,
  type JudgedRun,
  type RunVerdicts,
} from '../../../../../src/core/training/verdict/runVerdicts.ts';
import { undecidedSentence } from '../../../../../src/core/training/verdict/sentence.ts';
import { shapedCurve, type CurveShape } from '../../../../support/webviewHarness/curveShapes.ts';

const CHECKPOINTS = [100, 200, 300, 400, 500, 600];

function runOf(shape: CurveShape, until = 600, more: Partial<JudgedRun> = {}): JudgedRun {
  const curve = MetricColumns.of(shapedCurve(shape, until));
  return {
    series: curve.names.map((name) => {
      const { xs: steps, ys: values, edits } = curve.series(name);
      return { name, steps, values, edits };
    }),
    isLive: until < 600,
    totalSteps: 600,
    epochs: 6,
    batchSize: 6,
    checkpoints: CHECKPOINTS.filter((step) => step <= until),
    ...more,
  };
}

function judged(run: JudgedRun, judge = new RunJudge()): RunVerdicts {
  const steps = judge.judge(run);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const sentences = ({ series }: RunVerdicts): Readonly<Record<string, string>> =>
  Object.fromEntries(series.map(({ name, sentence }) => [name, sentence]));

describe('the verdicts on a run', () => {
  it('say one sentence a curve, in the order of the charts', () => {
    const { series, hints } = judged(runOf('improving'));
    expect(series.map(({ name, verdict }) => [name, verdict.code])).toEqual([
      ['train_loss', 'improving'],
      ['valid_loss', 'improving'],
      ['full_valid_loss', 'improving'],
    ]);
    expect(hints).toEqual([]);
  });

  it('locate the turn, mark it with its interval, and lead to an earlier checkpoint and fewer epochs', () => {
    const verdicts = judged(runOf('worse'));
    expect(sentences(verdicts)['valid_loss']).toMatch(
      /^Clearly getting worse since step 2[2-6]\d \(between .*overfitting\)/,
    );
    expect(verdicts.hints.map(({ code }) => code)).toContain('earlier-checkpoint');
    expect(verdicts.hints).toContainEqual(expect.objectContaining({ code: 'fewer-epochs', epochs: 3 }));
    expect(verdicts.gapSentence).toMatch(/^The gap between training and validation widens since/);
    const marks = marksOf(verdicts.series);
    const turn = marks.find(({ series, kind }) => series === 'valid_loss' && kind === 'turn');
    expect(turn?.between?.[0]).toBeLessThanOrEqual(turn?.step ?? 0);
    expect(marks).toContainEqual({ series: 'full_valid_loss', kind: 'best', step: 250, between: null });
  });

  it('claim nothing of noise, and say why', () => {
    const verdicts = judged(runOf('noisy', 600, { batchSize: 1, epochs: 1 }));
    expect(sentences(verdicts)['train_loss']).toMatch(/^Too noisy to say: a change of up to \d+% could hide\.$/);
    expect(verdicts.series[0]?.notes).toEqual([
      'As fresh as test data: with one epoch, training loss is as telling as validation loss.',
      'One example a step: this line is nearly noise.',
    ]);
    expect(verdicts.hints).toEqual([]);
  });

  it('name the lowest of few values as a fact', () => {
    expect(sentences(judged(runOf('few')))['full_valid_loss']).toMatch(
      /^3 values are too few to say; the lowest is 1\.\d\d at step \d00\.$/,
    );
  });

  it('leave out what has no better direction', () => {
    const run = runOf('improving');
    const [train] = run.series;
    if (!train) throw new Error('There is no curve.');
    expect(judged({ ...run, series: [{ ...train, name: 'learning_rate' }] }).series).toEqual([]);
  });
});

describe('the verdicts on a run that trains', () => {
  it('say nothing before the first look', () => {
    expect(judged(runOf('improving', 20)).series).toEqual([]);
  });

  it('say "so far" after two looks, and offer the checkpoint to keep although it is the last one yet', () => {
    const verdicts = judged(runOf('worse', 430, { checkpoints: [200] }));
    expect(sentences(verdicts)['valid_loss']).toMatch(/worse since step \d+ so far/);
    expect(verdicts.hints[0]).toMatchObject({ code: 'earlier-checkpoint', checkpoint: 200 });
  });

  it('claim, mark and suggest nothing from what one look alone has found', () => {
    const looks = Array.from({ length: 19 }, (_, index) => {
      const run = runOf('worse', 30 * (index + 1));
      return judged({ ...run, series: run.series.filter(({ name }) => name !== 'full_valid_loss') });
    });
    const once = looks.flatMap(({ series }) => series.filter(({ sentence }) => sentence === undecidedSentence()));
    expect(once.length).toBeGreaterThan(1);
    for (const one of once) {
      expect(one.stands).toBe(false);
      expect(marksOf([one]).filter(({ kind }) => kind !== 'best')).toEqual([]);
    }
    // The look at which validation is first called worse leads to nothing, the next one to a hint.
    const validation = ({ series }: RunVerdicts) => series.find(({ name }) => name === 'valid_loss');
    const first = looks.find((look) => validation(look)?.verdict.code === 'worse');
    expect(first && validation(first)?.sentence).toBe(undecidedSentence());
    expect(first?.hints).toEqual([]);
  });

  it('are those of the last look until the next one is due, however often they are asked for', () => {
    const judge = new RunJudge();
    const first = judged(runOf('worse', 421), judge);
    expect(judged(runOf('worse', 449), judge).series.map(({ verdict }) => verdict)).toEqual(
      first.series.map(({ verdict }) => verdict),
    );
    const next = judged(runOf('worse', 450), judge);
    expect(next.series[0]?.verdict).not.toBe(first.series[0]?.verdict);
    // And as if they had been asked for the first time.
    expect(sentences(next)).toEqual(sentences(judged(runOf('worse', 450))));
  });

  it('are those of the whole curve once it has ended', () => {
    const judge = new RunJudge();
    judged(runOf('worse', 590), judge);
    expect(sentences(judged(runOf('worse'), judge))).toEqual(sentences(judged(runOf('worse'))));
  });
});
