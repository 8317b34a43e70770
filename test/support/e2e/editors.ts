import type { FrameLocator, Locator, Page } from 'playwright-core';
import { again, patience } from './again.ts';

/** The tabs in the middle of the window and what they show. */
export class Editors {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The tab with this title. */
  tab(title: string | RegExp): Locator {
    return this.#page.locator('.part.editor .tab').filter({ hasText: title }).first();
  }

  /** The titles of all tabs. */
  async titles(): Promise<string[]> {
    return (await this.#page.locator('.part.editor .tab .label-name').allInnerTexts()).map((title) => title.trim());
  }

  /** Brings a tab to the front; waits for it to exist. */
  async show(title: string | RegExp, timeout = patience): Promise<void> {
    const tab = this.tab(title);
    await tab.waitFor({ timeout });
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    await this.#page
      .locator('.part.editor .tab[aria-selected="true"]')
      .filter({ hasText: title })
      .first()
      .waitFor({ timeout });
  }

  /**
   * Presses a lens of the text in front until the tab that it opens is there: the editor draws lenses anew when their figures come,
   * and a mouse button that goes down on the old one and up on the new one presses neither.
   */
  async pressLens(title: string, tab: string | RegExp): Promise<void> {
    await again(
      () => this.text.getByText(title, { exact: true }).click({ timeout: patience }),
      () => this.tab(tab).waitFor({ timeout: 5000 }),
      `The lens "${title}" does not react.`,
    );
  }

  /** Closes a tab with its button. */
  async close(title: string | RegExp): Promise<void> {
    const tab = this.tab(title);
    const button = tab.locator('.tab-actions .action-label');
    await again(
      () => tab.hover({ timeout: patience }),
      () => button.waitFor({ timeout: 3000 }),
      `The tab ${String(title)} has no button to close it.`,
    );
    await button.click();
    await tab.waitFor({ state: 'hidden', timeout: patience });
  }

  /**
   * Brings the panel with this title to the front and returns its document, ready to be asked like a page:
   * `(await editors.webview('Job')).getByRole('button', { name: 'Cancel' })`. One editor group is expected.
   */
  async webview(title: string | RegExp, timeout = patience): Promise<FrameLocator> {
    await this.show(title, timeout);
    // A frame of VS Code's around the frame of the extension; those of hidden tabs stay in the page, invisible.
    const outer = this.#page.locator('iframe.webview').filter({ visible: true }).first();
    await outer.waitFor({ timeout });
    const document = outer.contentFrame().frameLocator('#active-frame');
    await document.locator('body').waitFor({ timeout });
    return document;
  }

  /** The text editor in front. */
  get text(): Locator {
    return this.#page.locator('.part.editor .monaco-editor').filter({ visible: true }).first();
  }
}
