// Shows the built webview the way VS Code does: its page, its content policy, its theme variables, and a stand-in for the extension
// that records what the page posts. Nothing here is part of the product.
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../../scripts/lib/chromium.ts';
import { ENGLISH, type Language } from '../../../src/core/base/messages.ts';
import type { FromPanel, PanelState, ToPanel } from '../../../src/protocol/panelMessages.ts';
import type { CurvePageWindow, RunFixture } from './curvePage.ts';
import { themes, type ThemeName } from './themes.ts';

/** Content policy of the page, as `src/extension/panels/webviewPanel.ts` sets it. */
function policy(nonce: string, origin: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    // The hash is that of an empty style element: the component library adds one to see whether :focus-visible is known.
    `style-src ${origin} 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='`,
    `img-src ${origin}`,
    `font-src ${origin}`,
    "connect-src 'none'",
    "frame-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
}

const NONCE = 'aGFybmVzcw';

/** Runs in the page before ours: what VS Code injects. State survives a reload, as it does there. */
function hostScript(theme: ThemeName): string {
  const { variables, bodyClass, kind } = themes[theme];
  return `
    const posted = [];
    const violations = [];
    addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
    const drawn = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
      drawn.push(text);
      fillText.call(this, text, ...rest);
    };
    window.harness = { posted, violations, drawn };
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => posted.push(structuredClone(message)),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
      setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
    });
    window.harness.setTheme = ({ variables, bodyClass, kind }) => {
      document.documentElement.removeAttribute('style');
      for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty('--vscode-' + name, value);
      document.body.className = bodyClass;
      document.body.dataset.vscodeThemeKind = kind;
    };
    window.harness.setTheme(${JSON.stringify({ variables, bodyClass, kind })});
  `;
}

interface HarnessWindow {
  readonly harness: {
    readonly posted: FromPanel[];
    readonly violations: string[];
    readonly drawn: string[];
    readonly setTheme: (theme: (typeof themes)[ThemeName]) => void;
  };
}

export interface PanelPage {
  readonly page: Page;
  /** Sends a message as the extension does and waits until it is drawn. */
  readonly send: (message: ToPanel) => Promise<void>;
  readonly posted: () => Promise<readonly FromPanel[]>;
  /** Texts drawn on canvases since the page was loaded. */
  readonly drawn: () => Promise<readonly string[]>;
  /** Requests that the content policy refused since the page was loaded. */
  readonly violations: () => Promise<readonly string[]>;
  /** Errors and warnings of the page. */
  readonly complaints: readonly string[];
  readonly setTheme: (theme: ThemeName) => Promise<void>;
  /** Loads the page again, as a reload of the window does, and gives it the state again. */
  readonly reload: (state: PanelState) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface OpenOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  /** Language of the page; English when absent. */
  readonly language?: Language;
}

/** The charts of several jobs, without a panel around them. */
export interface CurvesPage {
  readonly page: Page;
  /** Shows these jobs and waits until they are drawn. */
  readonly set: (runs: readonly RunFixture[]) => Promise<void>;
  /** Waits until what was asked for is drawn. */
  readonly drawn: () => Promise<void>;
  readonly complaints: readonly string[];
  readonly violations: () => Promise<readonly string[]>;
  readonly setTheme: (theme: ThemeName) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Harness {
  readonly open: (state: PanelState, options?: OpenOptions) => Promise<PanelPage>;
  readonly openCurves: (options?: OpenOptions) => Promise<CurvesPage>;
  readonly close: () => Promise<void>;
}

/** Builds the webview, serves it on a free port and starts a browser. */
export async function startHarness(): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), 'tuning-fork-webview-'));
  await build({
    absWorkingDir: resolve(import.meta.dirname, '../../..'),
    entryPoints: {
      main: 'webview/main.ts',
      styles: 'webview/styles.css',
      curves: 'test/support/webviewHarness/curvePage.ts',
    },
    outdir: folder,
    bundle: true,
    format: 'iife',
    target: 'chrome136',
    logLevel: 'warning',
  });
  // Too long for an address: pages name theirs by its index.
  const languages: Language[] = [];
  const server = await serve(folder, languages);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await launchChromium();
  return {
    open: (state, { language = ENGLISH, ...options } = {}) => {
      if (!languages.includes(language)) languages.push(language);
      const address = `${origin}/?panel=${state.panel}&language=${languages.indexOf(language)}`;
      return openPanel(browser, address, state, options);
    },
    openCurves: (options = {}) => openCurves(browser, `${origin}/?panel=curves`, options),
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serve(folder: string, languages: readonly Language[]): Promise<Server> {
  const files: Readonly<Record<string, string>> = {
    '/main.js': 'text/javascript',
    '/curves.js': 'text/javascript',
    '/styles.css': 'text/css',
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? ''}`);
    const type = files[url.pathname];
    if (type) {
      void readFile(join(folder, url.pathname)).then((content) => {
        response.writeHead(200, { 'content-type': type }).end(content);
      });
      return;
    }
    if (url.pathname !== '/') {
      response.writeHead(204).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy(NONCE, url.origin) });
    const language = languages[Number(url.searchParams.get('language'))] ?? ENGLISH;
    response.end(`<!DOCTYPE html>
<html lang="${language.locale}"><head><meta charset="utf-8"><title>Tuning Fork</title><link rel="stylesheet" href="/styles.css"></head>
<body data-panel="${url.searchParams.get('panel') ?? ''}" data-language="${attribute(JSON.stringify(language))}"><div id="root"></div>
<script nonce="${NONCE}">${hostScript((url.searchParams.get('theme') ?? 'dark') as ThemeName)}</script>
<script nonce="${NONCE}" src="/${url.searchParams.get('panel') === 'curves' ? 'curves' : 'main'}.js"></script></body></html>`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

/** Text inside a double-quoted attribute. */
function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}

async function openCurves(
  browser: Browser,
  address: string,
  { theme = 'dark', width = 1180, height = 780 }: OpenOptions,
): Promise<CurvesPage> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${address}&theme=${theme}`);
  // Two frames: one that draws, and one for the observers after it.
  const drawn = (): Promise<void> =>
    page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          requestAnimationFrame(() =>
            requestAnimationFrame(() => {
              resolve();
            }),
          );
        }),
    );
  return {
    page,
    drawn,
    complaints,
    set: async (runs) => {
      await page.evaluate((fixtures) => {
        (globalThis as unknown as CurvePageWindow).curves.set(fixtures);
      }, runs);
      await drawn();
    },
    violations: () => page.evaluate(() => (globalThis as unknown as HarnessWindow).harness.violations),
    setTheme: async (name) => {
      await page.evaluate((value) => {
        (globalThis as unknown as HarnessWindow).harness.setTheme(value);
      }, themes[name]);
      await drawn();
    },
    close: () => context.close(),
  };
}

async function openPanel(
  browser: Browser,
  address: string,
  state: PanelState,
  { theme = 'dark', width = 1180, height = 780 }: Omit<OpenOptions, 'language'>,
): Promise<PanelPage> {
  const context: BrowserContext = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  const inPage = () =>
    page.evaluate(() => {
      const { posted, violations, drawn } = (globalThis as unknown as HarnessWindow).harness;
      return { posted, violations, drawn };
    });
  const send = async (message: ToPanel): Promise<void> => {
    // Twice a frame: the page draws in the one after the message, and its observers in the next. On a busy machine the figures of an
    // evaluation come in later frames.
    await page.evaluate(
      (data) =>
        new Promise<void>((resolve) => {
          const settle = (): void => {
            const isJudging = document.querySelector('[data-judging="true"]') !== null;
            requestAnimationFrame(
              isJudging
                ? () => requestAnimationFrame(settle)
                : () => {
                    resolve();
                  },
            );
          };
          window.postMessage(data, '*');
          window.addEventListener('message', () => requestAnimationFrame(settle), { once: true });
        }),
      message,
    );
  };
  const ready = async (): Promise<void> => {
    await page.waitForFunction(() =>
      (globalThis as unknown as HarnessWindow).harness.posted.some((message) => message.type === 'ready'),
    );
  };
  await page.goto(`${address}&theme=${theme}`);
  await ready();
  await send({ type: 'state', state });
  return {
    page,
    send,
    complaints,
    posted: async () => (await inPage()).posted,
    drawn: async () => (await inPage()).drawn,
    violations: async () => (await inPage()).violations,
    setTheme: async (name) => {
      await page.evaluate((value) => {
        (globalThis as unknown as HarnessWindow).harness.setTheme(value);
        return new Promise<void>((resolve) =>
          requestAnimationFrame(() =>
            requestAnimationFrame(() => {
              resolve();
            }),
          ),
        );
      }, themes[name]);
    },
    reload: async (again) => {
      await page.reload();
      await ready();
      await send({ type: 'state', state: again });
    },
    close: () => context.close(),
  };
}
