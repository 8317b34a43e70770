import type { Locator, Page } from 'playwright-core';
import { again, patience } from './again.ts';
import { ContextMenu } from './menus.ts';

/** One tree in the sidebar: the Explorer's files, or a view of the extension by its name. */
export class TreeView {
  readonly #page: Page;
  readonly pane: Locator;

  /** @param pane the element that holds the rows */
  constructor(page: Page, pane: Locator) {
    this.#page = page;
    this.pane = pane;
  }

  get rows(): Locator {
    return this.pane.locator('.monaco-list-row');
  }

  /** The first row that contains this text (label and description). */
  row(text: string | RegExp): Locator {
    return this.rows.filter({ hasText: text }).first();
  }

  /** Waits for such a row; the error tells what the window showed instead. */
  async shows(text: string | RegExp, timeout = patience): Promise<void> {
    try {
      await this.row(text).waitFor({ timeout });
    } catch (error) {
      const notifications = await this.#page.locator('.notifications-toasts .notification-list-item').allInnerTexts();
      const asked = await this.#page
        .locator('.quick-input-widget, .monaco-dialog-box')
        .filter({ visible: true })
        .allInnerTexts();
      const pane = (await this.pane.isVisible()) ? await this.pane.innerText() : 'not visible';
      const shown = JSON.stringify({ rows: await this.texts(), pane, notifications, asked }, null, 2);
      throw new Error(`No row ${String(text)}, but ${shown}`, { cause: error });
    }
  }

  /** Label and description of every row on the screen. */
  async texts(): Promise<string[]> {
    return (await this.rows.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  }

  async select(text: string | RegExp): Promise<void> {
    await this.row(text).click({ timeout: patience });
  }

  /** Clicks a row until the tab that it opens is there: a window that was just loaded may not act on the first click. */
  async open(text: string | RegExp, tab: string): Promise<void> {
    const opened = this.#page.locator('.part.editor .tab').filter({ hasText: tab }).first();
    await again(
      () => this.select(text),
      () => opened.waitFor({ timeout: 3000 }),
      `The row does not open ${tab}.`,
    );
  }

  /** Selects one more row, as with Ctrl or Cmd held. */
  async addToSelection(text: string | RegExp): Promise<void> {
    await this.row(text).click({ modifiers: ['ControlOrMeta'], timeout: patience });
  }

  /** Opens a row's children; does nothing when they are open. A click on a row that is drawn anew just then is made again. */
  async expand(text: string | RegExp): Promise<void> {
    const row = this.row(text);
    const open = this.rows.filter({ hasText: text }).and(this.#page.locator('[aria-expanded="true"]')).first();
    await row.waitFor({ timeout: patience });
    await again(
      async () => {
        if (!(await open.isVisible())) await row.locator('.monaco-tl-twistie').click({ timeout: patience });
      },
      () => open.waitFor({ timeout: 3000 }),
      `${String(text)} does not open.`,
    );
  }

  /**
   * Chooses an item of a row's context menu by its whole title. A menu of a row that changed just then is opened again.
   * @param submenu the item of that menu whose menu it is in
   */
  async choose(text: string | RegExp, item: string, submenu?: string): Promise<void> {
    const menu = new ContextMenu(this.#page);
    const complaint = `The menu of ${String(text)} has no "${item}".`;
    await again(
      () => menu.openOn(this.row(text)),
      async () => {
        if (await menu.offers(item, submenu)) return;
        await menu.dismiss();
        throw new Error(complaint);
      },
      complaint,
    );
    await menu.choose(item);
  }

  /** The titles in a row's context menu; closes it again. */
  async menuOf(text: string | RegExp): Promise<string[]> {
    const menu = new ContextMenu(this.#page);
    await menu.openOn(this.row(text));
    const titles = await menu.titles();
    await menu.dismiss();
    return titles;
  }

  /** Presses the button that appears at the end of a row under the mouse. */
  async pressInline(text: string | RegExp, action: string): Promise<void> {
    const row = this.row(text);
    const button = row.locator(`.actions .action-label[aria-label^="${action}"]`);
    await again(
      () => row.hover({ timeout: patience }),
      () => button.waitFor({ timeout: 3000 }),
      `${String(text)} has no button "${action}".`,
    );
    await button.click({ timeout: patience });
  }

  /** Rests the mouse on a row until its tooltip is there. */
  async tooltip(text: string | RegExp): Promise<Locator> {
    const tooltip = this.#page.locator('.workbench-hover-container .monaco-hover');
    await again(
      async () => {
        await this.#page.mouse.move(700, 20);
        await this.row(text).hover({ timeout: patience });
      },
      () => tooltip.waitFor({ timeout: 3000 }),
      `${String(text)} has no tooltip.`,
    );
    return tooltip;
  }

  /** Presses a button of the view's title bar. */
  async pressTitle(action: string): Promise<void> {
    const header = this.pane.locator('.pane-header');
    const button = header.locator(`.action-label[aria-label^="${action}"]`);
    await again(
      () => header.hover({ timeout: patience }),
      () => button.waitFor({ timeout: 3000 }),
      `The view has no button "${action}".`,
    );
    await button.click({ timeout: patience });
  }

  /** The text shown instead of rows when the view is empty. */
  get welcome(): Locator {
    return this.pane.locator('.welcome-view-content');
  }
}

/** Waits until the window has drawn what it was told until now. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            done();
          }),
        );
      }),
  );
}

/** The sidebar and its activity bar. */
export class SideBar {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The icon of a view container, by its title: `Explorer`, `Tuning Fork`. */
  icon(title: string): Locator {
    return this.#page
      .locator('.activitybar .action-item')
      .filter({ has: this.#page.locator(`[aria-label^="${title}"]`) })
      .first();
  }

  /** Shows a view container; does nothing when it is shown. */
  async show(title: string): Promise<void> {
    const icon = this.icon(title);
    await icon.waitFor({ timeout: patience });
    const heading = this.#page.locator('.part.sidebar .composite.title').filter({ hasText: new RegExp(title, 'i') });
    // A click on the icon of the shown container hides the sidebar; while a window is being restored the two can cross: the heading that
    // the window restored is seen, and our click hides it a moment later. So it is looked at again when the click has been drawn.
    await again(
      async () => {
        if (!(await heading.isVisible())) await icon.click();
      },
      async () => {
        await heading.waitFor({ timeout: 3000 });
        await drawn(this.#page);
        if (!(await heading.isVisible())) throw new Error('It was hidden again.');
      },
      `The sidebar does not show ${title}.`,
    );
    // The icon's tooltip would lie over the first rows as long as the mouse rests on it.
    await this.#page.mouse.move(700, 20);
  }

  /** Opens one view of ours and folds the others: rows that are not on the screen are not in the page. */
  async showOnly(name: 'Jobs' | 'Models' | 'Evaluations'): Promise<void> {
    await this.show('Tuning Fork');
    for (const view of ['Evaluations', 'Jobs', 'Models']) {
      const header = this.view(view).pane.locator('.pane-header');
      await header.waitFor({ timeout: patience });
      const open = (await header.getAttribute('aria-expanded')) === 'true';
      if (open !== (view === name)) await header.click({ timeout: patience });
    }
  }

  /** The number on a container's icon, or an empty string. */
  async badge(title: string): Promise<string> {
    const content = this.icon(title).locator('.badge-content');
    return (await content.isVisible()) ? await content.innerText() : '';
  }

  /** A view of the shown container by its name: `Jobs`. */
  view(name: string): TreeView {
    const header = this.#page.locator(`.pane-header[aria-label^="${name}"]`);
    return new TreeView(this.#page, this.#page.locator('.part.sidebar .pane').filter({ has: header }));
  }

  /** The files of the workspace. */
  get explorer(): TreeView {
    return new TreeView(this.#page, this.#page.locator('.explorer-folders-view'));
  }
}
