import { listOf, t } from '../../core/base/messages.ts';
import type { RunConfig } from '../../core/evaluation/types.ts';

/** Models of a run, in words: `pricer against gpt-4o-mini`. */
export function runTitle({ contestants }: Pick<RunConfig, 'contestants'>): string {
  const labels = contestants.filter(({ kind }) => kind !== 'constant').map(({ label }) => label);
  const [first, second, ...others] = labels;
  if (first === undefined) return t('constant');
  return second === undefined || others.length > 0 ? listOf(labels) : t('{0} against {1}', first, second);
}

/** Name of a run's tab: what was asked, and with what. */
export function tabTitle(config: Pick<RunConfig, 'contestants' | 'name'>): string {
  const first = config.contestants.find(({ kind }) => kind !== 'constant')?.label;
  return first === undefined ? config.name : t('{0} on {1}', first, config.name);
}
