import type { TestProject } from 'vitest/node';
import { prepare, type Need } from '../../scripts/lib/prepare.ts';

/** Needs of the projects in vitest.config.ts. */
const needs: Readonly<Record<string, readonly Need[]>> = {
  unit: ['tokens', 'built'],
  panels: ['tokens', 'built', 'browser'],
  faults: ['tokens', 'built'],
  'faults-1000': ['tokens', 'built'],
  mutation: ['tokens', 'built'],
  e2e: ['built', 'package', 'host', 'browser'],
};

/** Before the first test of a project, and before the clock of any test runs. Not called for projects without a file to run. */
export async function setup(project: TestProject): Promise<void> {
  await prepare(needs[project.name] ?? []);
}
