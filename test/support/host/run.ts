// Entry of the host tests: VS Code calls run() inside its extension host. The bundler puts it beside the test files.
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';

/** Runs all tests; rejects when one fails, which makes VS Code end with a code other than 0. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'tdd', timeout: 60_000, color: true });
  for (const file of readdirSync(__dirname, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.test.cjs')) mocha.addFile(path.join(__dirname, file));
  }
  const stats = { passes: 0, failures: 0, pending: 0 };
  await new Promise<void>((resolve, reject) => {
    const runner = mocha.run((failures) => {
      const report = process.env['VSCODE_TEST_REPORT'];
      if (report !== undefined) writeFileSync(report, JSON.stringify({ stats }));
      if (failures === 0) resolve();
      else reject(new Error(`${failures} host tests failed.`));
    });
    // Counted here: mocha's own JSON reporter would take the place of the readable one.
    runner.on('pass', () => (stats.passes += 1));
    runner.on('pending', () => (stats.pending += 1));
    runner.on('fail', () => (stats.failures += 1));
  });
}
