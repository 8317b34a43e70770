import type { MetricRole } from '../../../src/core/training/curves/families.ts';
import type { ChartTheme } from '../../theme.ts';

/** Look of a line. Color is never alone: the dash differs as well. */
export interface LineLook {
  readonly colour: string;
  /** Pixels on and off; empty: a solid line. */
  readonly dash: readonly number[];
  /** Drawn as diamonds without a line: few figures, each over all validation data. */
  readonly isPoints: boolean;
}

// Okabe and Ito's colors, which colour-blind eyes tell apart, darkened or lightened until each has a contrast of 3 or more to the
// editor's backgrounds. Yellow is left out on light ones.
const ON_DARK = ['#56b4e9', '#e69f00', '#2bc79a', '#d98cb3', '#f0e442', '#ff7a45', '#b8b8ff', '#c0c0c0'];
const ON_LIGHT = ['#0072b2', '#b85c00', '#007a5a', '#a3407c', '#3d3d3d', '#5b3fc4', '#7a6400', '#c1121f'];

/** Dashes of several jobs whose colors are used up, and of roles. */
const DASHES: readonly (readonly number[])[] = [[], [9, 3], [2, 3], [9, 3, 2, 3]];
const ROLE_DASHES: Readonly<Record<MetricRole, readonly number[]>> = { train: [], valid: [5, 3], full: [] };

/** Look of a line when one job is shown: color by role, as everywhere on the page; other metrics of the role by the palette. */
export function lookOfMetric(theme: ChartTheme, role: MetricRole, index: number, isOnly: boolean): LineLook {
  const isPoints = role === 'full';
  if (isOnly) return { colour: theme[role], dash: role === 'valid' && theme.highContrast ? [6, 3] : [], isPoints };
  const colours = coloursOf(theme);
  return {
    colour: colours[index % colours.length] ?? theme.foreground,
    dash: DASHES[index % DASHES.length] ?? [],
    isPoints,
  };
}

/** Look of a line when several jobs are shown: color by job, dash by role. */
export function lookOfRun(theme: ChartTheme, role: MetricRole, run: number): LineLook {
  const colours = coloursOf(theme);
  const round = Math.floor(run / colours.length);
  return {
    colour: colours[run % colours.length] ?? theme.foreground,
    dash: role === 'train' ? (DASHES[round % DASHES.length] ?? []) : ROLE_DASHES[role],
    isPoints: role === 'full',
  };
}

function coloursOf(theme: ChartTheme): readonly string[] {
  return theme.isLight ? ON_LIGHT : ON_DARK;
}
