import { open } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { nameOfDataset } from '../datasets/files.ts';
import { GRADER_TYPES, type RftGraderType } from '../../core/training/graderSchema.ts';
import { graderTemplate } from '../../core/training/graderTemplate.ts';
import { Cancelled } from '../ui/errors.ts';
import type { Ui } from '../ui/ui.ts';

const TITLES: Readonly<Record<RftGraderType, readonly [string, string]>> = {
  string_check: ['Exact or partial match', 'compares the answer with a field of the row'],
  text_similarity: ['Text similarity', 'how close the answer is to a field of the row'],
  score_model: ['Score by a model', 'a model gives a number; every call is billed'],
  label_model: ['Label by a model', 'a model picks a label; every call is billed'],
  python: ['Python', 'a function that runs at the provider'],
  multi: ['Several graders', 'joined by a formula'],
};

/** *New Grader File…*: a file that the editor completes and checks. `dataset`: its rows name the field to begin with. */
export async function newGrader(ui: Ui, arg: unknown): Promise<void> {
  const dataset = arg instanceof vscode.Uri && arg.scheme === 'file' ? arg.fsPath : null;
  const folder = dataset === null ? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath : path.dirname(dataset);
  await createGrader(ui, folder ?? null, dataset);
}

export async function createGrader(ui: Ui, folder: string | null, dataset: string | null): Promise<void> {
  const type = await ui.pick(
    GRADER_TYPES.map((type) => ({ label: TITLES[type][0], description: `${type} · ${TITLES[type][1]}`, type })),
    { title: 'New Grader', placeHolder: 'How are answers scored?', matchOnDescription: true, ignoreFocusOut: true },
  );
  if (!type) throw new Cancelled();
  const base = dataset === null ? 'new' : nameOfDataset(dataset);
  const target = await ui.saveDialog({
    title: 'Save the Grader',
    ...(folder === null ? {} : { defaultUri: vscode.Uri.file(path.join(folder, `${base}.grader.json`)) }),
    filters: { Graders: ['json'] },
  });
  if (!target) throw new Cancelled();
  const field = dataset === null ? 'answer' : ((await firstField(dataset)) ?? 'answer');
  const text = `${JSON.stringify(graderTemplate(type.type, field), null, 2)}\n`;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(target);
}

/** A key of the first row that a grader could compare with: any but the conversation itself. */
async function firstField(dataset: string): Promise<string | null> {
  try {
    const file = await open(dataset, 'r');
    // A first row longer than this is not looked at.
    const { buffer, bytesRead } = await file.read(new Uint8Array(65_536), 0, 65_536, 0).finally(() => file.close());
    const [line = ''] = new TextDecoder().decode(buffer.subarray(0, bytesRead)).split('\n', 1);
    const row: unknown = JSON.parse(line.replace(/^\uFEFF/, ''));
    if (typeof row !== 'object' || row === null) return null;
    return Object.keys(row).find((key) => /^[A-Za-z_]\w*$/.test(key) && !['messages', 'tools'].includes(key)) ?? null;
  } catch {
    return null;
  }
}
