import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ENGLISH, speak } from '../../../../src/core/base/messages.ts';
import { clearData } from '../../../../src/extension/data/clearData.ts';
import { startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { uiDouble, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let ui: UiDouble;
let extension: ExtensionDouble;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  await extension.services.jobs.load();
});
afterEach(async () => {
  speak(ENGLISH);
  await extension.close();
});

function addJob(id: string, status: 'succeeded' | 'running'): void {
  const { lab, services } = extension;
  const fineTunedModel = status === 'succeeded' ? `ft:${id}` : null;
  services.jobs.update(lab.id, id, { job: aJob({ id, status, fineTunedModel, finishedAt: 1 }) });
}

describe('Clear Data', () => {
  it('names the loss and keeps the items in use', async () => {
    addJob('ended', 'succeeded');
    addJob('going', 'running');
    const journals = path.join(extension.services.folder, 'intents');
    await mkdir(journals, { recursive: true });
    await writeFile(path.join(journals, 'old.jsonl'), '{}\n');
    ui.expect(
      {
        pickMany: 'Which data should be deleted from this machine?',
        answer: ['Journals of job starts', 'Jobs with their events and curves'],
      },
      {
        modal: /^Delete .+ from this machine\?$/,
        detail:
          /^Journals of job starts: Starting a job .*\nJobs with .*: Everything .* lost\.\nNothing is deleted at a provider\.$/,
        answer: 'Delete',
      },
      { status: / deleted$/ },
    );
    await clearData(extension.services);
    expect(extension.services.jobs.list().map(({ job }) => job.id)).toEqual(['going']);
  });

  it('works from the button of another language', async () => {
    speak({ locale: 'de', translations: { Delete: 'Löschen' } });
    addJob('ended', 'succeeded');
    ui.expect({ pickMany: /./, answer: [/^Jobs/] }, { modal: /./, answer: 'Löschen' }, { status: / deleted$/ });
    await clearData(extension.services);
    expect(extension.services.jobs.list()).toEqual([]);
  });
});
