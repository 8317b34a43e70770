import type { TestProject } from 'vitest/node';
import { buildForTests } from '../../scripts/lib/builtForTests.ts';
import { prepare, type Need } from '../../scripts/lib/prepare.ts';

/** Needs of the projects in vitest.config.ts. */
const needs: Readonly<Record<string, readonly Need[]>> = {
  unit: ['tokens'],
  panels: ['tokens', 'browser'],
  faults: ['tokens'],
  'faults-1000': ['tokens'],
  mutation: ['tokens'],
  e2e: ['package', 'host', 'browser'],
};

let built: Promise<void> | undefined;

/** Before the first test of a project, and before the clock of any test runs. Not called for projects without a file to run. */
export async function setup(project: TestProject): Promise<void> {
  await prepare(needs[project.name] ?? []);
  if (project.name !== 'e2e') await (built ??= buildForTests());
}
