// Entry of the host tests: VS Code calls run() inside its extension host. The bundler puts it beside the test files.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';
import { countMocha } from '../../../scripts/lib/mochaCounts.ts';
import { writeCounts } from '../../../scripts/lib/testCounts.ts';

/** Runs all tests; rejects when one fails, which makes VS Code end with a code other than 0. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'tdd', timeout: 60_000, color: true });
  for (const file of readdirSync(__dirname, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.test.cjs')) mocha.addFile(path.join(__dirname, file));
  }
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => {
      // Counted here: mocha's own JSON reporter would take the place of the readable one.
      const report = process.env['VSCODE_TEST_REPORT'];
      if (report !== undefined) writeCounts(report, counts());
      if (failures === 0) resolve();
      else reject(new Error(`${failures} host tests failed.`));
    });
    const counts = countMocha(runner);
  });
}
