import { rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection } from '../support/e2e/mainJob.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const good = toJsonl(priceRows(30, 100)).split('\n');
const withLine = (number: number, text: string): string =>
  good.map((line, index) => (index === number - 1 ? text : line)).join('\n');

const FILES = {
  'line17.jsonl': withLine(17, '{"messages": [{"role": "user", "content": "x"},]}'),
  'few.jsonl': good.slice(0, 9).join('\n'),
  'empty.jsonl': '',
  'latin1.jsonl': '', // written as bytes below
  'noassistant.jsonl': withLine(3, '{"messages": [{"role": "user", "content": "and then?"}]}'),
  'gone.jsonl': good.join('\n'),
  'good.jsonl': good.join('\n'),
};

describe('bad input', () => {
  let workspace = '';
  let page: http.Server;
  const window = useWindow(async () => {
    workspace = await temporaryWorkspace(FILES);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(
      path.join(workspace, 'latin1.jsonl'),
      Buffer.from(good.join('\n').replaceAll('hose', 'hôse'), 'latin1'),
    );
    // A captive portal: every request is answered 200 with a web page.
    page = http.createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body><h1>Please sign in</h1></body></html>');
    });
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    return { workspace };
  });
  afterAll(() => {
    page.close();
  });

  const start = async (file: string): Promise<void> => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.shows(file);
    await window().sideBar.explorer.choose(file, 'Fine-Tune with Dataset…');
  };

  it.each([
    ['line17.jsonl', /Line 17 of line17\.jsonl: .*not (valid )?JSON.*\. .+\./],
    ['few.jsonl', /few\.jsonl: .*9 examples.*10.*\. .+\./],
    ['empty.jsonl', /empty\.jsonl: .*empty.*\. .+\./i],
    ['latin1.jsonl', /Line \d+ of latin1\.jsonl: .*not (valid )?UTF-8.*\. .+\./],
    ['noassistant.jsonl', /Line 3 of noassistant\.jsonl: .*assistant.*\. .+\./],
  ])('%s is refused before anything is uploaded, in one sentence with one action', async (file, sentence) => {
    await start(file);
    await window().notifications.shown(sentence);
    expect(await window().quickInput.box.isVisible()).toBe(false);
    await window().notifications.dismiss(sentence);
  });

  it('leads to the line', async () => {
    await start('line17.jsonl');
    await window().notifications.press('Line 17 of line17.jsonl', 'Go to Line 17');
    await window().editors.show('line17.jsonl');
    await window().page.locator('.statusbar-item', { hasText: /Ln 17/ }).first().waitFor();
  });

  it('names a file that was deleted meanwhile', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.shows('gone.jsonl');
    await window().sideBar.explorer.select('gone.jsonl');
    await window().editors.show('gone.jsonl');
    await window().editors.text.locator('.view-lines').filter({ hasText: 'messages' }).waitFor();
    await rm(path.join(workspace, 'gone.jsonl'));
    await window().quickInput.runCommand('Tuning Fork: Fine-Tune with Dataset…');
    await window().notifications.shown(/gone\.jsonl .*\. .+\./);
  });

  it('says of a server that answers with a web page that it is not the API', async () => {
    const { port } = page.address() as AddressInfo;
    await addCompatibleConnection(window(), {
      name: 'Portal',
      baseUrl: `http://127.0.0.1:${String(port)}/v1`,
      key: 'k-1234567890',
    });
    const text = await window().notifications.shown('Portal was saved but does not work yet');
    expect(text).toMatch(/web page|not .*API|HTML/i);
    expect(text).not.toContain('Please sign in');
    await window().notifications.press('Portal was saved', 'Remove Connection');
  });
});

describe('a workspace in Restricted Mode', () => {
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({ 'good.jsonl': good.join('\n') }),
    trusted: false,
  }));

  it('says so in the views', async () => {
    await window().sideBar.show('Tuning Fork');
    await window().sideBar.view('Jobs').welcome.getByText('Restricted Mode').waitFor();
  });

  it('shows the command, says why it is off and leads to trust', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.choose('good.jsonl', 'Fine-Tune with Dataset…');
    expect(await window().notifications.shown('Restricted Mode')).toMatch(
      /off in Restricted Mode\. Trust the workspace/,
    );
    await window().notifications.press('Restricted Mode', 'Manage Workspace Trust');
    await window().page.locator('.workspace-trust-editor').waitFor();
  });
});
