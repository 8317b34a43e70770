import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const extension = (): vscode.Extension<unknown> => {
  const found = vscode.extensions.getExtension('tuning-fork.tuning-fork');
  assert.ok(found, 'the extension is loaded from its folder');
  return found;
};

suite('The extension in a real VS Code', () => {
  test('activates without an error', async () => {
    await extension().activate();
    assert.equal(extension().isActive, true);
  });

  test('registers every command it contributes', async () => {
    await extension().activate();
    const manifest = extension().packageJSON as { contributes: { commands: { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.contributes.commands.map(({ command }) => command).filter((id) => !registered.has(id));
    assert.deepEqual(missing, []);
  });
});
