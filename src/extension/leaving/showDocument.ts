import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../core/base/messages.ts';
import { inert } from '../ui/errors.ts';
import type { Ui } from '../ui/ui.ts';

/** Shows the document as it is, without scripts, and offers it to the browser. It has its own content policy. */
export async function showDocument(ui: Ui, file: string, title: string): Promise<void> {
  const html = await readFile(file, 'utf8');
  const panel = vscode.window.createWebviewPanel('tuningFork.document', title, vscode.ViewColumn.Active, {
    enableScripts: false,
    enableFindWidget: true,
    localResourceRoots: [],
  });
  panel.webview.html = html;
  const [open, reveal] = [t('Open in Browser'), t('Show in Folder')];
  // Not awaited: the notification may stay open for days.
  void ui
    .notify('information', inert(t('The document was written: {0}.', path.basename(file))), open, reveal)
    .then((choice) => {
      const uri = vscode.Uri.file(file);
      if (choice === open) void ui.openExternal(uri);
      if (choice === reveal) void vscode.commands.executeCommand('revealFileInOS', uri);
    });
}
