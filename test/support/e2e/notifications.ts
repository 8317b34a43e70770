import type { Locator, Page } from 'playwright-core';
import { patience } from './menus.ts';

/** The notifications at the bottom right. */
export class Notifications {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Those on the screen. */
  get all(): Locator {
    return this.#page.locator(
      '.notifications-toasts .notification-list-item, .notifications-center .notification-list-item',
    );
  }

  with(text: string | RegExp): Locator {
    return this.all.filter({ hasText: text }).first();
  }

  /** Waits for one with this text and returns the whole message. */
  async shown(text: string | RegExp, timeout = patience): Promise<string> {
    const one = this.with(text);
    await one.waitFor({ timeout });
    return await one.locator('.notification-list-item-message').innerText();
  }

  /** Presses a button of the notification with this text. */
  async press(text: string | RegExp, button: string): Promise<void> {
    await this.with(text).getByRole('button', { name: button, exact: true }).click({ timeout: patience });
  }

  /** Takes the notification with this text away. */
  async dismiss(text: string | RegExp): Promise<void> {
    const one = this.with(text);
    await one.hover({ timeout: patience });
    await one.locator('.action-label[aria-label^="Clear Notification"]').click({ timeout: patience });
    await one.waitFor({ state: 'hidden', timeout: patience });
  }
}
