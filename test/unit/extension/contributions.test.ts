import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as contributions from '../../../src/extension/contributions.ts';

const root = path.resolve(import.meta.dirname, '../../..');

interface Manifest {
  readonly publisher: string;
  readonly icon: string;
  readonly repository: unknown;
  readonly categories: readonly string[];
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: unknown; readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category?: string }[];
    readonly menus: Readonly<
      Record<string, readonly { readonly command?: string; readonly submenu?: string; readonly when?: string }[]>
    >;
    readonly submenus: readonly { readonly id: string; readonly label: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string; readonly when?: string; readonly contents: string }[];
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly scope?: string; readonly default?: unknown }>>;
    };
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly { readonly description: string; readonly media: { readonly svg: string } }[];
    }[];
  };
}

const english = JSON.parse(readFileSync(path.join(root, 'package.nls.json'), 'utf8')) as Readonly<
  Record<string, string>
>;
const source = readFileSync(path.join(root, 'package.json'), 'utf8');
const manifest = JSON.parse(source, (_key, value: unknown) =>
  typeof value === 'string' && /^%[^%]+%$/.test(value) ? (english[value.slice(1, -1)] ?? value) : value,
) as Manifest;
const commandIds = manifest.contributes.commands.map((command) => command.command);

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));
}

describe('manifest', () => {
  it('says who publishes it, under which icon, where the source is', () => {
    expect(manifest.publisher).toBe('tuning-fork');
    expect(manifest.categories.length).toBeGreaterThan(0);
    expect(manifest.repository).toBeTruthy();
    expect(readFileSync(path.join(root, manifest.icon)).subarray(1, 4).toString()).toBe('PNG');
  });

  it('takes every text from package.nls.json, which has no other', () => {
    const used = [...source.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key);
    expect([...new Set(used)].sort()).toEqual(Object.keys(english).sort());
  });

  it('contributes exactly the commands the code knows', () => {
    expect([...commandIds].sort()).toEqual(Object.values(contributions.COMMANDS).sort());
  });

  it('gives every command a title and the category Tuning Fork', () => {
    for (const command of manifest.contributes.commands) {
      expect(command.title, command.command).toMatch(/^[A-Z]/);
      expect(command.category, command.command).toBe('Tuning Fork');
    }
  });

  it('registers every contributed command in the extension', () => {
    const text = sources(path.join(root, 'src/extension'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    for (const key of Object.keys(contributions.COMMANDS)) {
      expect(text, key).toMatch(
        new RegExp(`registerCommand\\([^)]*COMMANDS\\.${key}\\b|\\[COMMANDS\\.${key}\\]|COMMANDS\\.${key},`),
      );
    }
  });

  it('offers nothing in the editor on documents of its own, which are no files', () => {
    for (const menu of ['editor/title', 'editor/context']) {
      for (const { when, command } of manifest.contributes.menus[menu] ?? [])
        expect(when, command).toContain('!(resourceScheme =~ /^tuning-fork-/)');
    }
    const schemes = sources(path.join(root, 'src/extension')).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/SCHEME = '([^']*)'/g)].map(([, scheme]) => scheme),
    );
    expect(schemes.length).toBeGreaterThan(2);
    for (const scheme of schemes) expect(scheme).toMatch(/^tuning-fork-/);
  });

  it('runs an evaluation file from the Explorer, its editor and the palette, and offers that on no other file', () => {
    const places = Object.entries(manifest.contributes.menus).flatMap(([menu, entries]) =>
      entries.flatMap(({ command, when }) => (command === 'tuningFork.runEvaluationFile' ? [{ menu, when }] : [])),
    );
    expect(places.map(({ menu }) => menu).sort()).toEqual([
      'commandPalette',
      'editor/context',
      'editor/title/run',
      'explorer/context',
    ]);
    for (const { when, menu } of places) expect(when, menu).toContain('resourceFilename =~ /\\.eval\\.json$/i');
  });

  it('hides from the palette the commands that need a tree item', () => {
    const onlyOnItems = new Set(
      (manifest.contributes.menus['view/item/context'] ?? []).flatMap(({ command }) => command ?? []),
    );
    for (const [menu, entries] of Object.entries(manifest.contributes.menus)) {
      if (menu === 'view/item/context' || menu === 'commandPalette') continue;
      for (const entry of entries) if (entry.command !== undefined) onlyOnItems.delete(entry.command);
    }
    const asksByItself = [
      'tuningFork.openJob',
      'tuningFork.copyModelName',
      'tuningFork.tryModel',
      'tuningFork.evaluateModel',
      'tuningFork.setApiKey',
      'tuningFork.checkConnection',
      'tuningFork.renameConnection',
      'tuningFork.editConnection',
      'tuningFork.removeConnection',
      'tuningFork.leaveProvider',
      'tuningFork.cancelJob',
      'tuningFork.pauseJob',
      'tuningFork.resumeJob',
      'tuningFork.resumeStart',
      'tuningFork.dismissStart',
      'tuningFork.deleteOrphans',
      'tuningFork.startAgain',
      'tuningFork.renameJob',
      'tuningFork.hideJob',
      'tuningFork.unhideJob',
      'tuningFork.adoptJob',
      'tuningFork.showJobEvents',
      'tuningFork.openTrainingFile',
      'tuningFork.openFailedLine',
      'tuningFork.downloadResults',
      'tuningFork.deleteTrainingFile',
      'tuningFork.openInDashboard',
      'tuningFork.openWandbRun',
      'tuningFork.exportModel',
      'tuningFork.pushToHub',
    ];
    const hidden = new Set(
      (manifest.contributes.menus['commandPalette'] ?? [])
        .filter((entry) => entry.when === 'false')
        .flatMap(({ command }) => command ?? []),
    );
    for (const id of onlyOnItems) expect(hidden.has(id), id).toBe(!asksByItself.includes(id));
    for (const id of hidden) expect(commandIds).toContain(id);
  });

  it('welcomes in a sentence or two and one button, so that a short view shows the button', () => {
    const short = manifest.contributes.viewsWelcome.filter(({ view }) => view !== 'tuningFork.jobs');
    expect(short.length).toBeGreaterThan(0);
    for (const { view, contents } of short) {
      const [text = '', ...buttons] = contents.split('\n');
      // As it is shown: a link without its address.
      expect(text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').length, view).toBeLessThanOrEqual(130);
      expect(buttons, view).toHaveLength(1);
    }
  });

  it('names only commands that exist in menus, welcome views and the walkthrough', () => {
    const texts = [
      ...manifest.contributes.viewsWelcome.map((view) => view.contents),
      ...manifest.contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps.map((step) => step.description)),
    ];
    for (const text of texts) {
      for (const [, id] of text.matchAll(/command:(tuningFork\.[\w.]+)/g)) {
        if (id?.endsWith('.focus'))
          expect(Object.values<string>(contributions.VIEWS)).toContain(id.slice(0, -'.focus'.length));
        else expect(commandIds).toContain(id);
      }
    }
    for (const { id } of manifest.contributes.submenus) expect(manifest.contributes.menus).toHaveProperty([id]);
    for (const entries of Object.values(manifest.contributes.menus)) {
      for (const { command, submenu } of entries) {
        if (submenu === undefined) expect(commandIds).toContain(command);
        else expect(manifest.contributes.submenus.map(({ id }) => id)).toContain(submenu);
      }
    }
  });

  it('has the views, settings and the walkthrough the code knows', () => {
    expect(
      Object.values(manifest.contributes.views)
        .flat()
        .map((view) => view.id)
        .sort(),
    ).toEqual(Object.values(contributions.VIEWS).sort());
    expect(Object.keys(manifest.contributes.configuration.properties).sort()).toEqual(
      Object.values(contributions.SETTINGS).sort(),
    );
    expect(contributions.WALKTHROUGH.endsWith(`#${manifest.contributes.walkthroughs[0]?.id ?? ''}`)).toBe(true);
    for (const step of manifest.contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps)) {
      expect(readFileSync(path.join(root, step.media.svg), 'utf8')).toContain('<svg');
    }
  });

  it('opens result files and trainer states as loss curves from the Explorer, the editor, its tab and the palette', () => {
    const { menus } = manifest.contributes;
    const whens = ['explorer/context', 'editor/context', 'editor/title', 'editor/title/context'].map(
      (menu) => menus[menu]?.find(({ command }) => command === 'tuningFork.openCurve')?.when ?? '',
    );
    for (const when of whens) {
      expect(when).toContain('resourceExtname =~ /^\\.csv$/i');
      expect(when).toContain('resourceFilename == trainer_state.json');
    }
    expect(menus['commandPalette']?.some(({ command }) => command === 'tuningFork.openCurve')).toBe(false);
  });

  it('keeps settings that steer the network, money or paths away from workspaces', () => {
    // Everything we have today steers requests or money, or is a matter of the person: none may come from a folder.
    const scopes: Readonly<Record<string, string>> = {
      'tuningFork.evaluation.concurrency': 'machine',
      'tuningFork.evaluation.rowDeadline': 'machine',
      'tuningFork.cost.prices': 'machine',
      'tuningFork.cost.cap': 'machine',
      'tuningFork.storage.retentionDays': 'machine',
      'tuningFork.openWeights.python': 'machine',
      'tuningFork.jobs.openOnStart': 'application',
      'tuningFork.notifications.jobEnded': 'application',
      'tuningFork.notifications.deadlines': 'application',
    };
    for (const [id, property] of Object.entries(manifest.contributes.configuration.properties)) {
      expect(property.scope, `${id} needs a scope listed here`).toBe(scopes[id]);
    }
    for (const [id, scope] of Object.entries(scopes)) {
      if (scope === 'machine') expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain(id);
    }
  });

  it('has defaults in the manifest only', () => {
    for (const [id, property] of Object.entries(manifest.contributes.configuration.properties)) {
      expect(property.default, id).not.toBeUndefined();
    }
    for (const file of sources(path.join(root, 'src/extension'))) {
      expect(readFileSync(file, 'utf8'), file).not.toMatch(/getConfiguration\([^)]*\)\s*\.get\([^,)]+,/);
    }
  });

  it('is not started for every window by a star', () => {
    expect(manifest.activationEvents).not.toContain('*');
  });
});
