// `npm run tour`: walks through the main job in a real window and writes the pictures of the README to docs/images.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { VsCodeWindow } from '../test/support/e2e/window.ts';
import { build, packageExtension } from './lib/packageExtension.ts';
import { inProject } from './lib/paths.ts';

const pictures = inProject('docs/images');

/** Writes `docs/images/<name>.png` of what the window shows now. */
async function picture(window: VsCodeWindow, name: string): Promise<void> {
  await window.screenshot(path.join(pictures, `${name}.png`));
  console.log(`docs/images/${name}.png`);
}

/** The steps of the main job, each with its picture. */
async function tour(window: VsCodeWindow): Promise<void> {
  const { explorer } = window.sideBar;
  await explorer.shows('.jsonl');
  await window.contextMenu.openOn(explorer.row('.jsonl'));
  await picture(window, 'start');
  await window.contextMenu.dismiss();
}

await build();
await packageExtension();
// A copy, so that nothing the tour does is left in the samples; its name is in the pictures.
const parent = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-tour-'));
const workspace = path.join(parent, 'samples');
await cp(inProject('samples/workspace'), workspace, { recursive: true });
try {
  const window = await VsCodeWindow.open({ workspace, size: { width: 1440, height: 900 } });
  try {
    await tour(window);
  } finally {
    await window.close();
  }
} finally {
  await rm(parent, { recursive: true, force: true });
}
