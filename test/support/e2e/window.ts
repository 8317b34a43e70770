// A real VS Code window with the packaged extension, driven by mouse and keyboard. Knows nothing of a test runner, so
// that scripts/tour.ts can use it as well; the binding to vitest is in fixture.ts.
import { mkdir, copyFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../../scripts/lib/chromium.ts';
import { ensureBrowserHost, type BrowserHost } from '../../../scripts/lib/hostInstall.ts';
import {
  acceptLanguage,
  changeSettings,
  deleteProfile,
  temporaryProfile,
  type HostProfile,
} from '../../../scripts/lib/hostProfile.ts';
import { addressOf, installExtension, startHostServer, type HostServer } from '../../../scripts/lib/hostServer.ts';
import { pseudoVsixFile, vsixFile } from '../../../scripts/lib/packageExtension.ts';
import { testResults } from '../../../scripts/lib/paths.ts';
import { pseudo, PSEUDO_LOCALE } from '../../../scripts/lib/pseudoLocale.ts';
import { Editors } from './editors.ts';
import { patience } from './again.ts';
import { ContextMenu, Dialog } from './menus.ts';
import { Notifications } from './notifications.ts';
import { QuickInput } from './quickInput.ts';
import { SideBar } from './views.ts';

export type Theme = 'light' | 'dark' | 'highContrast' | 'highContrastLight';

const themes: Readonly<Record<Theme, { readonly name: string; readonly className: string }>> = {
  light: { name: 'Light Modern', className: 'vs' },
  dark: { name: 'Dark Modern', className: 'vs-dark' },
  highContrast: { name: 'Dark High Contrast', className: 'hc-black' },
  highContrastLight: { name: 'Light High Contrast', className: 'hc-light' },
};

export interface WindowOptions {
  /** Folder to open. */
  readonly workspace: string;
  /** Settings of the user, besides those that keep the window quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Environment of the extension host. */
  readonly env?: NodeJS.ProcessEnv;
  /** Size in CSS pixels; 1400 × 900 unless told. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Physical pixels per CSS pixel, 2 for sharp pictures. */
  readonly scale?: number;
  /** false: the workspace is opened in Restricted Mode. */
  readonly trusted?: boolean;
  /** true: the extension speaks the pseudo-locale (`packagePseudoLocale` first), VS Code itself English. */
  readonly pseudo?: boolean;
}

/** One browser profile on one server: keys and state live as long as this object, whatever is reloaded or restarted. */
export class VsCodeWindow {
  readonly profile: HostProfile;
  /** Errors thrown inside the page, for tests that expect none. */
  readonly pageErrors: string[] = [];
  readonly #host: BrowserHost;
  readonly #options: WindowOptions;
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  #server: HostServer;
  #page: Page;

  private constructor(parts: {
    host: BrowserHost;
    options: WindowOptions;
    profile: HostProfile;
    server: HostServer;
    browser: Browser;
    context: BrowserContext;
    page: Page;
  }) {
    this.#host = parts.host;
    this.#options = parts.options;
    this.profile = parts.profile;
    this.#server = parts.server;
    this.#browser = parts.browser;
    this.#context = parts.context;
    this.#page = parts.page;
  }

  /** Opens the folder in a new profile with the packaged extension (`npm run package` first) and waits for its icon. */
  static async open(options: WindowOptions): Promise<VsCodeWindow> {
    const vsix = options.pseudo === true ? pseudoVsixFile : vsixFile;
    if (!existsSync(vsix)) throw new Error(`${vsix} does not exist.\nRun npm run package.`);
    const host = await ensureBrowserHost(console.log);
    const trust = options.trusted === false ? { 'security.workspace.trust.enabled': true } : {};
    const profile = await temporaryProfile({ ...trust, ...options.settings });
    let server: HostServer | undefined;
    let browser: Browser | undefined;
    try {
      await installExtension(host, profile, vsix);
      if (options.pseudo === true) await acceptLanguage(profile, PSEUDO_LOCALE);
      server = await startHostServer(host, profile, serverOptions(options));
      browser = await launchChromium();
      const context = await browser.newContext({
        viewport: options.size ?? { width: 1400, height: 900 },
        deviceScaleFactor: options.scale ?? 1,
      });
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
      const page = await context.newPage();
      const window = new VsCodeWindow({ host, options, profile, server, browser, context, page });
      await window.#load();
      return window;
    } catch (error) {
      if (browser !== undefined) await keepPicture(browser, 'window-did-not-open');
      await browser?.close();
      await server?.stop();
      await deleteProfile(profile);
      throw error;
    }
  }

  /** The page itself, for what has no name here. It changes with {@link reopen} and {@link restart}. */
  get page(): Page {
    return this.#page;
  }

  /** A text of the extension as this window shows it. */
  said(english: string): string {
    return this.#options.pseudo === true ? pseudo(english) : english;
  }

  get sideBar(): SideBar {
    return new SideBar(this.#page);
  }

  get quickInput(): QuickInput {
    return new QuickInput(this.#page);
  }

  get notifications(): Notifications {
    return new Notifications(this.#page);
  }

  get editors(): Editors {
    return new Editors(this.#page);
  }

  get dialog(): Dialog {
    return new Dialog(this.#page);
  }

  get contextMenu(): ContextMenu {
    return new ContextMenu(this.#page);
  }

  /**
   * Waits until the browser has kept something of the window's state that this matches. In a browser VS Code writes
   * its state every few seconds when idle, not when the page is left; what is younger is lost with a reload.
   */
  async persisted(text: string | RegExp): Promise<void> {
    // As a string: it runs in the page, which has types of its own.
    const matches =
      typeof text === 'string'
        ? `String(value).includes(${JSON.stringify(text)})`
        : `${String(text)}.test(String(value))`;
    const search = `(async () => {
      for (const { name } of await indexedDB.databases()) {
        if (!name || !name.startsWith('vscode-web-state-db')) continue;
        const db = await new Promise((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        try {
          for (const store of db.objectStoreNames) {
            const values = await new Promise((resolve, reject) => {
              const request = db.transaction(store).objectStore(store).getAll();
              request.onsuccess = () => resolve(request.result);
              request.onerror = () => reject(request.error);
            });
            if (values.some((value) => ${matches})) return true;
          }
        } finally {
          db.close();
        }
      }
      return false;
    })()`;
    for (const until = Date.now() + patience; ;) {
      if (await this.#page.evaluate<boolean>(search)) return;
      if (Date.now() > until) throw new Error(`The window does not keep "${String(text)}".`);
      // In a page with nothing to draw and no timer the browser runs no idle callback at all, VS Code's own neither.
      await this.#page.evaluate(
        'new Promise((resolve) => { setTimeout(resolve, 1000); requestAnimationFrame(() => requestIdleCallback(() => undefined)); })',
      );
    }
  }

  /**
   * One more window of the same user on the same server and folder, with an extension host of its own. It is closed with
   * {@link closeAnother}, at the latest with the window it came from.
   */
  async another(): Promise<VsCodeWindow> {
    const page = await this.#context.newPage();
    const window = new VsCodeWindow({
      host: this.#host,
      options: this.#options,
      profile: this.profile,
      server: this.#server,
      browser: this.#browser,
      context: this.#context,
      page,
    });
    await window.#load();
    return window;
  }

  /** Closes this window alone; the server goes on for the others. */
  async closeAnother(): Promise<void> {
    await this.#page.close();
  }

  /** Reloads the window, as *Developer: Reload Window* does. */
  async reload(): Promise<void> {
    await this.#page.reload();
    await this.#ready();
  }

  /** Closes the window and opens it again; `meanwhile` runs while none is open. */
  async reopen(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await this.#page.close();
    await meanwhile();
    this.#page = await this.#context.newPage();
    await this.#load();
  }

  /** Ends VS Code, not the training server, and starts it again at the same address. */
  async restart(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await this.reopen(async () => {
      await this.#server.stop({ keepTraining: true });
      await meanwhile();
      const { port } = this.#server;
      this.#server = await startHostServer(this.#host, this.profile, { port, ...serverOptions(this.#options) });
    });
  }

  /** Changes the user's settings (`undefined` removes one) and reloads: the browser host does not watch the file. */
  async changeSettings(changes: Readonly<Record<string, unknown>>): Promise<void> {
    await changeSettings(this.profile, changes);
    await this.reload();
  }

  /** Changes the colour theme by the command palette and waits until it is drawn. */
  async useTheme(theme: Theme): Promise<void> {
    const { name, className } = themes[theme];
    await this.quickInput.runCommand('Preferences: Color Theme');
    await this.quickInput.step('Select Color Theme');
    await this.quickInput.type(name);
    await this.quickInput.pick(new RegExp(`^${name}`));
    await this.quickInput.box.waitFor({ state: 'hidden', timeout: patience });
    await this.#page.locator(`.monaco-workbench.${className}`).waitFor({ timeout: patience });
  }

  /** What is in the clipboard. */
  async clipboard(): Promise<string> {
    return await this.#page.evaluate(() => navigator.clipboard.readText());
  }

  /** Writes a picture of the window (PNG). */
  async screenshot(file: string): Promise<void> {
    // Menus and notifications fade in; spinners, which never end, are not waited for.
    await this.#page.evaluate(
      `Promise.all(document.getAnimations()
        .filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime))
        .map((animation) => animation.finished.catch(() => undefined))).then(() => undefined)`,
    );
    await mkdir(path.dirname(file), { recursive: true });
    await this.#page.screenshot({ path: file, timeout: patience });
  }

  /** Keeps a picture and the server's log in test-results, under a name made from the test's. */
  async keepEvidence(name: string): Promise<void> {
    const base = path.join(testResults, name.replace(/[^\w-]+/g, '-').slice(0, 120));
    await this.screenshot(`${base}.png`).catch((error: unknown) => {
      console.error(`No picture of the window: ${String(error)}`);
    });
    await copyFile(this.#server.logFile, `${base}.log`).catch(() => undefined);
  }

  /** Ends the browser, VS Code and the extension's training server; deletes the profile. */
  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    await deleteProfile(this.profile);
  }

  async #load(): Promise<void> {
    this.#page.on('pageerror', (error) => this.pageErrors.push(error.message));
    await this.#page.goto(addressOf(this.#server.origin, this.#options.workspace));
    await this.#ready();
  }

  /** The workbench is drawn and knows what the extension contributes: menus opened earlier would lack its items. */
  async #ready(): Promise<void> {
    await this.#page.locator('.monaco-workbench').waitFor({ timeout: 2 * patience });
    await this.sideBar.icon(this.said('Tuning Fork')).waitFor({ timeout: 2 * patience });
    await this.#page.locator('.statusbar').first().waitFor({ timeout: patience });
  }
}

function serverOptions(options: WindowOptions): { readonly env: NodeJS.ProcessEnv; readonly locale?: string } {
  return { env: options.env ?? {}, ...(options.pseudo === true ? { locale: PSEUDO_LOCALE } : {}) };
}

async function keepPicture(browser: Browser, name: string): Promise<void> {
  const page = browser.contexts()[0]?.pages()[0];
  await mkdir(testResults, { recursive: true });
  await page?.screenshot({ path: path.join(testResults, `${name}.png`), timeout: patience }).catch(() => undefined);
}
