import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundles } from '../../../scripts/lib/bundles.ts';
import { packagedFiles } from '../../../scripts/lib/packageExtension.ts';
import { inProject } from '../../../scripts/lib/paths.ts';
import { trainerFiles } from '../../../src/openWeights/environment.ts';
import { prepare } from '../../../scripts/lib/prepare.ts';

describe('the packaged extension', () => {
  let files: readonly string[];
  beforeAll(async () => {
    // `npm test` has just built it; on a new clone this file may run alone.
    if (!existsSync(inProject('dist/extension.cjs'))) await prepare(['bundles']);
    // Looks at each file of the project, those of all packages included.
    files = await packagedFiles();
  }, 300_000);

  it('has what is needed and nothing else', () => {
    for (const file of [
      ...bundles.map(({ outfile }) => outfile),
      'package.json',
      'package.nls.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'media/icon.png',
      'dist/o200k.bin',
      'media/eval.schema.json',
      'media/grader.schema.json',
      'trainer/requirements.lock',
      'trainer/requirements-ray.lock',
      'trainer/pyproject.toml',
      'trainer/src/tuning_fork_trainer/__main__.py',
      'trainer/src/tuning_fork_trainer/fetch.py',
      'trainer/src/tuning_fork_trainer/protocol.schema.json',
      'trainer/src/tuning_fork_trainer/py.typed',
    ]) {
      expect(files).toContain(file);
    }
    const allowed =
      /^(package(\.nls)?\.json|README\.md|CHANGELOG\.md|LICENSE|media\/.+\.(png|svg|md)|media\/(eval|grader)\.schema\.json|dist\/(extension|extension-[A-Z0-9]{8}|openai)\.cjs|dist\/(datasetWorker|trainingWorker|analysisWorker|hubWorker|cli)\.js|dist\/extension(-[A-Z0-9]{8})?\.cjs\.map|dist\/o200k\.bin|dist\/webview\/main\.(js|css)|dist\/ThirdPartyNotices\.txt|trainer\/(pyproject\.toml|requirements(-ray)?\.lock|src\/tuning_fork_trainer\/([a-z_]+\/)*([a-z_]+\.py|[a-z.]+\.json|py\.typed)))$/;
    // The parts that are read on first use: without them no command works.
    expect(files.some((file) => /^dist\/extension-.*\.cjs$/.test(file))).toBe(true);
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  });

  it('has every file that the set-up of open-weights training installs, and no test or cache of it', async () => {
    const installed = (await trainerFiles(inProject('trainer'))).map((file) => `trainer/${file}`);
    expect(installed.length).toBeGreaterThan(3);
    // The nodes of a Ray cluster are set up by hand, with a list that lies beside.
    const all = [...installed, 'trainer/requirements-ray.lock'];
    expect(files.filter((file) => file.startsWith('trainer/')).sort()).toEqual(all.sort());
  });
});
