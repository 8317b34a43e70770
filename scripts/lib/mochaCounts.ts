import type { Runner } from 'mocha';
import type { Counts } from './testCounts.ts';

/**
 * Counts a run of mocha from its beginning; call the result at its end. Every test that neither passed nor was skipped has
 * failed: mocha itself counts one failure for a `before` hook that threw, and forgets the tests that it kept from running.
 */
export function countMocha(runner: Runner): () => Counts {
  let passed = 0;
  let skipped = 0;
  let failures = 0;
  runner.on('pass', () => (passed += 1));
  runner.on('pending', () => (skipped += 1));
  runner.on('fail', () => (failures += 1));
  // A hook after the last test can fail as well, when no test has.
  return () => ({ passed, skipped, failed: Math.max(failures, runner.total - passed - skipped) });
}
