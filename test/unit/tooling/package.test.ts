import { describe, expect, it } from 'vitest';
import { packagedFiles } from '../../../scripts/lib/packageExtension.ts';

describe('the packaged extension', () => {
  it('has what is needed and nothing else', async () => {
    const files = await packagedFiles();
    for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'media/icon.png', 'dist/o200k.bin']) {
      expect(files).toContain(file);
    }
    const allowed =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|media\/.+\.(png|svg|md)|dist\/(extension|openai)\.cjs|dist\/(datasetWorker|trainingWorker|cli)\.js|dist\/extension\.cjs\.map|dist\/o200k\.bin|dist\/webview\/main\.(js|css)|dist\/ThirdPartyNotices\.txt)$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  }, 60_000);
});
