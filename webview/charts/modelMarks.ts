// Marks of other models beside the points of a data curve, told apart by their shape as well as by their color.
import type { ChartTheme } from '../theme.ts';

const MARKS = [
  { shape: 'square', color: 'full', text: '■' },
  { shape: 'triangle', color: 'green', text: '▲' },
  { shape: 'diamond', color: 'red', text: '◆' },
] as const;

export type Shape = (typeof MARKS)[number]['shape'];

/** Corners around the middle, in pixels. */
export const OUTLINES: Readonly<Record<Shape, readonly (readonly [number, number])[]>> = {
  square: [
    [-4, -4],
    [4, -4],
    [4, 4],
    [-4, 4],
  ],
  triangle: [
    [0, -5],
    [5, 4],
    [-5, 4],
  ],
  diamond: [
    [0, -6],
    [6, 0],
    [0, 6],
    [-6, 0],
  ],
};

/** Color and shape of the model at this place of the list; the fourth looks like the first again. */
export function markOf(index: number, theme: ChartTheme): { readonly color: string; readonly shape: Shape } {
  const { color, shape } = at(index);
  return { color: theme[color], shape };
}

/** The mark as a character, and the class of its color. */
export function markText(index: number): { readonly text: string; readonly className: string } {
  const { text, shape } = at(index);
  return { text, className: `model-mark ${shape}` };
}

/** Pixels to the right of the number of rows, so that whiskers lie beside those of the curve. */
export function asideOf(index: number): number {
  return 7 * (index + 1);
}

function at(index: number): (typeof MARKS)[number] {
  return MARKS[index % MARKS.length] ?? MARKS[0];
}
