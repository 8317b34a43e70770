import type { Locator } from 'playwright-core';

/** How long a state of the window may take, in milliseconds, on a busy machine. */
export const patience = 30_000;

/**
 * Does something until it is seen to have worked. The window draws lists, menus and lenses anew at any moment: what is pressed while that
 * happens is pressed in vain, and the mouse that rests where a row was is over nothing. A person does it again, and so does a test. Only
 * for what may be done twice.
 * @param act throws, or does nothing, where it was in vain
 * @param seen waits for what shows that it worked, for a few seconds; throws where it does not come
 * @param complaint the sentence of the error, after `patience`
 */
export async function again(act: () => Promise<void>, seen: () => Promise<void>, complaint: string): Promise<void> {
  for (const until = Date.now() + patience; ;) {
    try {
      await act();
      await seen();
      return;
    } catch (cause) {
      // A window that was closed would fail again at once, thousands of times.
      const isGone = cause instanceof Error && cause.message.includes('has been closed');
      if (isGone || Date.now() > until) throw new Error(complaint, { cause });
    }
  }
}

/** Tells whether an element is there, or gets there within some seconds. */
export async function appears(element: Locator, timeout = 3000): Promise<boolean> {
  return await element.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}
