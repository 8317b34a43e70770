import type { Locator, Page } from 'playwright-core';
import { again, patience } from './again.ts';

/** Box at the top of the window: command palette, quick picks, input boxes. */
export class QuickInput {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  get box(): Locator {
    return this.#page.locator('.quick-input-widget').filter({ visible: true });
  }

  /** Field to type into; a masked one is `input[type=password]`. */
  get field(): Locator {
    return this.box.locator('.quick-input-box input, .quick-input-filter input').filter({ visible: true }).first();
  }

  /** Visible rows; long lists show only a part. */
  get rows(): Locator {
    return this.box.locator('.quick-input-list .monaco-list-row');
  }

  /** Waits for the step of a wizard whose title, placeholder or prompt contains this text. */
  async step(text: string | RegExp): Promise<void> {
    await this.#stepWith(text).first().waitFor({ timeout: patience });
  }

  #stepWith(text: string | RegExp): Locator {
    const placeholder = this.box.filter({ has: this.#page.getByPlaceholder(text) });
    return this.box.filter({ hasText: text }).or(placeholder);
  }

  /** Waits for one of several steps; see `step`. */
  async which(...texts: readonly string[]): Promise<string> {
    const steps = texts.map((text) => this.#stepWith(text));
    const [first, ...others] = steps;
    if (first === undefined) throw new Error('There is no step to wait for');
    await others
      .reduce((all, step) => all.or(step), first)
      .first()
      .waitFor({ timeout: patience });
    for (const [index, step] of steps.entries()) if (await step.first().isVisible()) return texts[index] ?? '';
    // It was answered or replaced in between.
    return await this.which(...texts);
  }

  /** Reads label, description and detail of every visible row, as one text each. */
  async texts(): Promise<string[]> {
    await this.rows.first().waitFor({ timeout: patience });
    return await this.rows.allInnerTexts();
  }

  /** Clicks the first row that contains the text. */
  async pick(text: string | RegExp): Promise<void> {
    // The hover of the row under the pointer would lie over its neighbors.
    await this.#page.mouse.move(0, 0);
    await this.rows.filter({ hasText: text }).first().click({ timeout: patience });
  }

  /** Replaces the text of the field, key by key. */
  async type(text: string): Promise<void> {
    await this.field.waitFor({ timeout: patience });
    await this.field.focus();
    await this.#page.keyboard.press('ControlOrMeta+A');
    await this.#page.keyboard.type(text);
  }

  /** Presses Enter. */
  async accept(): Promise<void> {
    await this.#page.keyboard.press('Enter');
  }

  /** Types a text and accepts it. */
  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.accept();
  }

  /**
   * Writes a path into the dialog for files and presses its button until it takes it. Enter would take an entry of the list that is being
   * filtered; a name is refused while the folder that was typed before it is still being read; and the dialog writes into the field, too,
   * once it has read a folder: key by key, a path would be written into the middle of that or be completed to a name that exists.
   */
  async enterPath(path: string, button = 'OK'): Promise<void> {
    const ok = this.box.getByRole('button', { name: button, exact: true });
    const reading = this.box.locator('.monaco-progress-container.active');
    await ok.waitFor({ timeout: patience });
    // While it reads its first folder, it keeps a press of the button until it has written that folder over the path, and takes the folder.
    // The progress shows only after a while; the rows are there when it has read.
    await this.rows.first().waitFor({ timeout: patience });
    for (const until = Date.now() + patience; Date.now() < until;) {
      await reading.waitFor({ state: 'hidden', timeout: patience });
      // The dialog shows its own folder first.
      const shown = await this.field.inputValue({ timeout: patience });
      if (shown === '') continue;
      if (shown !== path) {
        await this.field.fill(path, { timeout: patience });
        continue;
      }
      const field = await this.field.elementHandle({ timeout: patience });
      // Looks and presses in one step, so that nothing is written in between.
      await ok
        .evaluate(
          (pressed, { input, expected }) => {
            if (input instanceof HTMLInputElement && input.value === expected && pressed instanceof HTMLElement)
              pressed.click();
          },
          { input: field, expected: path },
          { timeout: 1000 },
        )
        .catch(() => undefined);
      const isTaken = await ok.waitFor({ state: 'hidden', timeout: 2000 }).then(
        () => true,
        () => false,
      );
      if (isTaken) return;
    }
    throw new Error(`The dialog does not take ${path}; it shows: ${await this.box.innerText()}`);
  }

  /** Clicks the back arrow of a wizard. */
  async back(): Promise<void> {
    await this.box.locator('.quick-input-titlebar [aria-label^="Back"]').click({ timeout: patience });
  }

  /** Reads the message under the field: a prompt, or the reason why the value is invalid. */
  async message(): Promise<string> {
    return await this.box.locator('.quick-input-message').innerText();
  }

  /** Closes it with Escape. */
  async dismiss(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.box.waitFor({ state: 'hidden', timeout: patience });
  }

  /** Runs a command as a user does: F1, its title, a click. `title` with its category: `Tuning Fork: Add Connection…`. */
  async runCommand(title: string): Promise<void> {
    const row = this.#command(title);
    await again(
      async () => {
        await this.#openPalette(`>${title}`);
        // Clicks instead of pressing Enter, which would run the row of an earlier letter while the list still updates.
        // A row that is drawn anew between the button's going down and coming up is not chosen.
        await row.click({ timeout: 10_000 });
      },
      () => row.waitFor({ state: 'hidden', timeout: 3000 }),
      `The command "${title}" does not react.`,
    );
  }

  /** Tells whether the command palette offers a command with this exact title. */
  async offersCommand(title: string): Promise<boolean> {
    await this.#openPalette(`>${title}`);
    // The list updates with each letter, also to "no matching".
    await this.rows.first().waitFor({ timeout: patience });
    const offered = await this.#command(title).isVisible();
    await this.dismiss();
    return offered;
  }

  /**
   * Opens the command palette with a text in its field. The palette closes by itself when something else takes the focus, as a
   * tab does that opens late: it is opened again then, as a user does.
   */
  async #openPalette(text: string): Promise<void> {
    await again(
      async () => {
        await this.#page.keyboard.press('F1');
        await this.field.fill(text, { timeout: 3000 });
      },
      async () => {
        const typed = await this.field.inputValue({ timeout: 1000 });
        if (typed !== text) throw new Error(`The field has "${typed}".`);
      },
      `The command palette does not stay open for "${text}".`,
    );
  }

  #command(title: string): Locator {
    return this.rows.filter({ has: this.#page.locator('.label-name').getByText(title, { exact: true }) }).first();
  }
}
