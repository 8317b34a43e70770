import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { parseFromPanel, type FromPanel, type PanelState, type ToPanel } from '../../protocol/panelMessages.ts';
import { spoken } from '../../core/base/messages.ts';
import type { Log } from '../ui/log.ts';
import type { Ui } from '../ui/ui.ts';

export interface PanelHost {
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
  readonly ui: Ui;
}

/**
 * One webview with its page, its strict content policy and its checked messages. The page gets the whole state when it
 * says `ready` (also after a reload of the window), afterwards only what the owner posts.
 */
export class WebviewPanel {
  readonly panel: vscode.WebviewPanel;
  readonly #log: Log;
  readonly #sendState: () => void;
  #ready = false;

  constructor(
    host: PanelHost,
    panel: vscode.WebviewPanel,
    kind: PanelState['panel'],
    handlers: {
      readonly state: () => PanelState;
      /** Called when the whole state was sent. */
      readonly sent?: () => void;
      readonly receive: (message: Exclude<FromPanel, { type: 'ready' }>) => void;
    },
  ) {
    this.panel = panel;
    this.#log = host.log;
    this.#sendState = () => {
      this.#post({ type: 'state', state: handlers.state() });
      handlers.sent?.();
    };
    const dist = vscode.Uri.joinPath(host.extensionUri, 'dist', 'webview');
    panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    // A tab shows a picture as it is, so there is one for light and one for dark themes.
    const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(host.extensionUri, 'media', `panel-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    panel.webview.onDidReceiveMessage((raw: unknown) => {
      const message = parseFromPanel(raw);
      if (!message) {
        host.log.warn(`A message of the ${kind} panel was not understood and dropped.`);
        return;
      }
      if (message.type === 'ready') {
        this.#ready = true;
        this.#sendState();
        return;
      }
      handlers.receive(message);
    });
    panel.webview.html = page(panel.webview, dist, kind);
  }

  /**
   * Changes before the page is ready need not be sent: it gets the whole state then.
   * @returns whether the page was ready
   */
  post(message: ToPanel): boolean {
    if (this.#ready) this.#post(message);
    return this.#ready;
  }

  /** Sends the whole state again. */
  refresh(): void {
    if (this.#ready) this.#sendState();
  }

  #post(message: ToPanel): void {
    this.panel.webview.postMessage(message).then(undefined, (error: unknown) => {
      this.#log.error('A message to a panel could not be sent', error);
    });
  }
}

function page(webview: vscode.Webview, dist: vscode.Uri, kind: PanelState['panel']): string {
  const language = spoken();
  const nonce = randomBytes(16).toString('base64');
  const source = webview.cspSource;
  const script = webview.asWebviewUri(vscode.Uri.joinPath(dist, 'main.js')).toString();
  const styles = webview.asWebviewUri(vscode.Uri.joinPath(dist, 'main.css')).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    // The hash is that of an empty style element: the UI toolkit inserts one at load to probe for :focus-visible.
    `style-src ${source} 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='`,
    `img-src ${source}`,
    `font-src ${source}`,
    "connect-src 'none'",
    "frame-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
  // eslint-disable-next-line tuning-fork/translated -- markup
  return `<!DOCTYPE html>
<html lang="${attribute(language.locale)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tuning Fork</title>
<link rel="stylesheet" href="${styles}">
</head>
<body data-panel="${kind}" data-language="${attribute(JSON.stringify(language))}">
<div id="root"></div>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}

/** Text inside a double-quoted attribute. */
function attribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
