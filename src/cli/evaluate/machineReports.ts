/* eslint-disable tuning-fork/translated -- the formats of GitHub Actions and JUnit */
import type { Judgment } from '../../core/evaluation/comparison/judge.ts';
import { differenceText } from '../../core/evaluation/comparison/sizes.ts';
import { sentenceOf } from '../../core/evaluation/comparison/statements.ts';
import type { ThresholdCheck } from '../../core/evaluation/comparison/thresholds.ts';
import { trainedOnSentence } from '../../core/evaluation/report/words.ts';
import type { RunConfig, RunStatus, TrainedOn } from '../../core/evaluation/types.ts';
import { visible } from '../terminal.ts';

export interface EvaluateResult {
  readonly config: RunConfig;
  /** Overlap of the test file with the training file; null without one. */
  readonly trainedOn: TrainedOn | null;
  readonly status: RunStatus;
  readonly judgment: Judgment;
  /** Checks of `pass`, empty without thresholds. */
  readonly checks: readonly ThresholdCheck[];
}

/** Annotations of GitHub Actions: a notice with the sentence, a warning of items that were trained on, an error for each missed threshold. */
export function githubText({ judgment, checks, config, trainedOn }: EvaluateResult): string {
  const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const file = escaped(config.name).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const overlap = trainedOnSentence(trainedOn ?? undefined, config.testFile.items);
  const lines = [
    `::notice file=${file}::${escaped(visible(sentenceOf(judgment.statements)))}`,
    ...(overlap === null ? [] : [`::warning file=${file}::${escaped(visible(overlap))}`]),
    ...checks
      .filter(({ passed }) => !passed)
      .map(({ name, sentence }) => `::error file=${file},title=${name}::${escaped(visible(sentence))}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** One test case for each threshold, and one for the comparison in the primary metric. */
export function junitText(result: EvaluateResult): string {
  const { config, judgment, checks } = result;
  const name = xml(config.name);
  const cases = checks.map(({ name: check, passed, sentence }) =>
    passed
      ? `    <testcase classname="${name}" name="${xml(check)}"/>`
      : `    <testcase classname="${name}" name="${xml(check)}"><failure message="${xml(visible(sentence))}"/></testcase>`,
  );
  const failures = checks.filter(({ passed }) => !passed).length;
  const primary = judgment.comparisons.find(({ metric }) => metric === config.primary);
  const difference =
    primary === undefined || primary.difference === null
      ? ''
      : differenceText(primary.metric, primary.difference.value, primary.difference.low, primary.difference.high);
  const out = `    <system-out>${xml(visible(`${sentenceOf(judgment.statements)} ${difference}`.trim()))}</system-out>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${String(cases.length)}" failures="${String(failures)}">`,
    `  <testsuite name="${name}" tests="${String(cases.length)}" failures="${String(failures)}">`,
    ...cases,
    out,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
