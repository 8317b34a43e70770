import type { Locator, Page } from 'playwright-core';
import { again, appears, patience } from './again.ts';

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

  /**
   * Tells whether the open menu has an item with this whole title, or gets it within some seconds.
   * @param submenu the item of the open menu whose menu it is in
   */
  async offers(title: string, submenu?: string): Promise<boolean> {
    if (submenu !== undefined && !(await appears(this.#item(submenu), 5000))) return false;
    if (submenu !== undefined) await this.#expand(submenu);
    return await appears(this.#item(title), 5000);
  }

  /** Chooses an item of the open menu by its whole title. */
  async choose(title: string): Promise<void> {
    const item = this.#item(title);
    // The workbench ignores a mouse button that comes up right after a menu opened (it may belong to the click that opened it).
    await again(
      () => item.click({ timeout: patience }),
      () => item.waitFor({ state: 'hidden', timeout: 1000 }),
      `The menu item "${title}" does not react.`,
    );
  }

  /** Opens a menu within the open one. A click does it at once; the mouse at rest does it only where it has moved over the item. */
  async #expand(title: string): Promise<void> {
    const item = this.#item(title);
    await again(
      () => item.click({ timeout: 3000 }),
      () => item.and(this.#page.locator('[aria-expanded="true"]')).waitFor({ timeout: 1000 }),
      `The menu "${title}" does not open.`,
    );
  }

  #item(title: string): Locator {
    return this.#page.getByRole('menuitem', { name: title, exact: true });
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
