import { readFile } from 'node:fs/promises';
import type { Counts } from './testCounts.ts';

/** Counts of a JUnit report of pytest; undefined where it cannot be read. An error of a fixture is a failed test. */
export async function readJunit(file: string): Promise<Counts | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const suite = /<testsuite [^>]*>/.exec(text)?.[0];
  if (suite === undefined) return undefined;
  const [tests, failures, errors, skipped] = ['tests', 'failures', 'errors', 'skipped'].map((name) => {
    const found = new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1];
    return found === undefined ? NaN : Number(found);
  }) as [number, number, number, number];
  const failed = failures + errors;
  const counts = { passed: tests - failed - skipped, failed, skipped };
  return Object.values(counts).every((count) => Number.isSafeInteger(count) && count >= 0) ? counts : undefined;
}
