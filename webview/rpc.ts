import { parseToPanel, type FromPanel, type ToPanel } from '../src/protocol/panelMessages.ts';
import { parseSavedPanel, type SavedPanel } from '../src/protocol/savedPanel.ts';

/** VS Code's interface to a webview, handed out once a page. */
interface VsCodeApi {
  readonly postMessage: (message: FromPanel) => void;
  readonly getState: () => unknown;
  readonly setState: (state: SavedPanel) => void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The page's side of the connection to the extension. */
export interface Host {
  readonly post: (message: FromPanel) => void;
  /** State that this page kept, or undefined; it survives a reload of the window. */
  readonly saved: () => SavedPanel | undefined;
  readonly save: (state: SavedPanel) => void;
}

/** Connects the page; messages that do not fit the schema are dropped. Call once. */
export function connect(receive: (message: ToPanel) => void): Host {
  const api = acquireVsCodeApi();
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const message = parseToPanel(event.data);
    if (message) receive(message);
  });
  return {
    post: (message) => {
      api.postMessage(message);
    },
    saved: () => parseSavedPanel(api.getState()),
    save: (state) => {
      api.setState(state);
    },
  };
}
