import type { Locator, Page } from 'playwright-core';

/** How long a state of the window may take, in milliseconds, on a busy machine. */
export const patience = 30_000;

/** Menus that open at the mouse: of the Explorer, of a tree, of an editor. */
export class ContextMenu {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Right-clicks and waits for the menu. */
  async openOn(target: Locator): Promise<void> {
    await target.click({ button: 'right', timeout: patience });
    await this.#page
      .locator('.context-view.monaco-menu-container, .monaco-menu')
      .first()
      .waitFor({ timeout: patience });
  }

  /** The titles of the open menu's items, in their order. */
  async titles(): Promise<string[]> {
    return await this.#page.getByRole('menuitem').locator('.action-label').allTextContents();
  }

  /** Tells whether the open menu has an item with this whole title, or gets it within some seconds. */
  async offers(title: string): Promise<boolean> {
    const item = this.#page.getByRole('menuitem', { name: title, exact: true });
    return await item.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    );
  }

  /** Chooses an item of the open menu by its whole title. */
  async choose(title: string): Promise<void> {
    const item = this.#page.getByRole('menuitem', { name: title, exact: true });
    // The workbench ignores a mouse button that comes up right after a menu opened (it may belong to the click that opened it).
    for (const until = Date.now() + patience; ;) {
      await item.click({ timeout: patience });
      const gone = await item.waitFor({ state: 'hidden', timeout: 1000 }).then(
        () => true,
        () => false,
      );
      if (gone) return;
      if (Date.now() > until) throw new Error(`The menu item "${title}" does not react.`);
    }
  }

  async dismiss(): Promise<void> {
    await this.#page.keyboard.press('Escape');
  }
}

/** The modal dialog in the middle of the window. */
export class Dialog {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get box(): Locator {
    return this.#page.locator('.monaco-dialog-box');
  }

  /** Waits for a dialog with this text. */
  async shown(text: string | RegExp): Promise<void> {
    await this.box.filter({ hasText: text }).waitFor({ timeout: patience });
  }

  /** Presses a button of the open dialog. */
  async press(button: string): Promise<void> {
    const pressed = this.box.getByRole('button', { name: button, exact: true });
    await pressed.waitFor({ timeout: patience });
    // Another question may follow at once: this one is told by its own words.
    // A question without a detail is drawn where the detail of others is.
    const question = this.box.locator('.dialog-message-text, .dialog-message-detail').first();
    const words = await question.innerText({ timeout: patience });
    await pressed.click({ timeout: patience });
    await this.box.filter({ hasText: words }).waitFor({ state: 'hidden', timeout: patience });
  }
}
