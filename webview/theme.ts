// Canvas cannot read CSS variables: the colors are read once a theme and handed to the charts.

export interface ChartTheme {
  readonly foreground: string;
  readonly dim: string;
  readonly grid: string;
  readonly line: string;
  readonly background: string;
  readonly accent: string;
  readonly train: string;
  readonly valid: string;
  readonly full: string;
  readonly green: string;
  readonly orange: string;
  readonly red: string;
  readonly font: string;
  /** Colors may be few or alike: tell lines apart by dashes as well. */
  readonly highContrast: boolean;
  /** Dark lines on a light background. */
  readonly isLight: boolean;
}

export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.body);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    foreground: read('--tf-foreground'),
    dim: read('--tf-dim'),
    grid: read('--tf-grid'),
    line: read('--tf-axis'),
    background: read('--tf-background'),
    accent: read('--tf-focus'),
    train: read('--tf-blue'),
    valid: read('--tf-orange'),
    full: read('--tf-purple'),
    green: read('--tf-green'),
    orange: read('--tf-amber'),
    red: read('--tf-red'),
    font: style.fontFamily,
    highContrast: /\bvscode-high-contrast/.test(document.body.className),
    isLight: /\bvscode-(high-contrast-)?light\b/.test(document.body.className),
  };
}

/** VS Code changes the class of the body, and the variables on the root, when the theme changes. */
export function onThemeChange(listener: () => void): void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
}
