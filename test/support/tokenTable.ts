import { writeTokenTable } from '../../scripts/lib/tokenTable.ts';

/** Before all tests: the sources under test read the table that a build would have made. */
export function setup(): void {
  writeTokenTable();
}
