import { open } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { nameOfDataset } from '../datasets/files.ts';
import { GRADER_TYPES, type RftGraderType } from '../../core/training/graderSchema.ts';
import { graderTemplate } from '../../core/training/graderTemplate.ts';
import { Cancelled } from '../ui/errors.ts';
import type { Ui } from '../ui/ui.ts';

/** Title and description of a grader's type. */
function wordsOf(type: RftGraderType): readonly [string, string] {
  switch (type) {
    case 'string_check':
      return [t('Exact or partial match'), t('compares the answer with a field of the row')];
    case 'text_similarity':
      return [t('Text similarity'), t('measures how similar the answer is to a field of the row')];
    case 'score_model':
      return [t('Score by a model'), t('a model returns a number; every call is billed')];
    case 'python':
      return ['Python', t('a function that runs at the provider')];
    case 'multi':
      return [t('Several graders'), t('combined by a formula')];
  }
}

/** Creates a grader file (*New Grader File…*) that the editor completes and checks. `arg`: dataset whose rows name the first field. */
export async function newGrader(ui: Ui, arg: unknown): Promise<void> {
  const dataset = arg instanceof vscode.Uri && arg.scheme === 'file' ? arg.fsPath : null;
  const folder = dataset === null ? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath : path.dirname(dataset);
  await createGrader(ui, folder ?? null, dataset);
}

export async function createGrader(ui: Ui, folder: string | null, dataset: string | null): Promise<void> {
  const type = await ui.pick(
    GRADER_TYPES.map((type) => {
      const [label, description] = wordsOf(type);
      return { label, description: `${type} · ${description}`, type };
    }),
    {
      title: t('New Grader'),
      placeHolder: t('How are answers scored?'),
      matchOnDescription: true,
      ignoreFocusOut: true,
    },
  );
  if (!type) throw new Cancelled();
  const base = dataset === null ? 'new' : nameOfDataset(dataset);
  const target = await ui.saveDialog({
    title: t('Save Grader'),
    ...(folder === null ? {} : { defaultUri: vscode.Uri.file(path.join(folder, `${base}.grader.json`)) }),
    filters: { [t('Graders')]: ['json'] },
  });
  if (!target) throw new Cancelled();
  const field = dataset === null ? 'answer' : ((await firstField(dataset)) ?? 'answer');
  const text = `${JSON.stringify(graderTemplate(type.type, field), null, 2)}\n`;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(target);
}

/** First key of the first row that a grader could compare with: any but the conversation itself. */
async function firstField(dataset: string): Promise<string | null> {
  try {
    const file = await open(dataset, 'r');
    // A longer first row is ignored.
    const { buffer, bytesRead } = await file.read(new Uint8Array(65_536), 0, 65_536, 0).finally(() => file.close());
    const [line = ''] = new TextDecoder().decode(buffer.subarray(0, bytesRead)).split('\n', 1);
    const row: unknown = JSON.parse(line.replace(/^\uFEFF/, ''));
    if (typeof row !== 'object' || row === null) return null;
    return Object.keys(row).find((key) => /^[A-Za-z_]\w*$/.test(key) && !['messages', 'tools'].includes(key)) ?? null;
  } catch {
    return null;
  }
}
