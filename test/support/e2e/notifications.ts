import type { Locator, Page } from 'playwright-core';
import { again, appears, patience } from './again.ts';

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
    const one = await this.#found(text, timeout);
    return await one.locator('.notification-list-item-message').innerText();
  }

  /** Presses a button of the notification with this text. */
  async press(text: string | RegExp, button: string): Promise<void> {
    const one = await this.#found(text);
    await one.getByRole('button', { name: button, exact: true }).click({ timeout: patience });
  }

  /** Takes the notification with this text away. */
  async dismiss(text: string | RegExp): Promise<void> {
    const one = await this.#found(text);
    const button = one.locator('.action-label[aria-label^="Clear Notification"]');
    await again(
      () => one.hover({ timeout: patience }),
      () => button.waitFor({ timeout: 3000 }),
      `The notification "${String(text)}" has no button to clear it.`,
    );
    await button.click({ timeout: patience });
    await one.waitFor({ state: 'hidden', timeout: patience });
  }

  /** @throws Error that lists all notifications, also those that are no longer on the screen */
  async #found(text: string | RegExp, timeout = patience): Promise<Locator> {
    const one = this.with(text);
    if (await appears(one, timeout)) return one;
    await this.#page.locator('[id="status.notifications"] a').click({ timeout: patience });
    const others = await this.#page.locator('.notifications-center').innerText({ timeout: patience });
    throw new Error(`There is no notification "${String(text)}", but: ${others}`);
  }
}
