// Style of the document: its own colors, light and dark, or the editor's where it is shown there.

export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: var(--vscode-editor-background, light-dark(#ffffff, #1f1f1f));
  --ink: var(--vscode-editor-foreground, light-dark(#1b1b1b, #d6d6d6));
  --dim: var(--vscode-descriptionForeground, light-dark(#5a5a5a, #a6a6a6));
  --edge: var(--vscode-contrastBorder, var(--vscode-panel-border, light-dark(#d0d0d0, #454545)));
  --line: var(--vscode-charts-blue, light-dark(#1a66b8, #5aa9f8));
  --band: color-mix(in srgb, var(--line) 16%, transparent);
  --urgent: var(--vscode-list-warningForeground, light-dark(#8a4b00, #e2b340));
}
body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font: 14px/1.5 var(--vscode-font-family, system-ui, sans-serif);
}
main { max-width: 1100px; margin: 0 auto; padding: 24px 32px 48px; }
h1 { font-size: 24px; font-weight: 600; margin: 0; }
h2 { font-size: 17px; font-weight: 600; margin: 32px 0 8px; }
p { margin: 6px 0; max-width: 90ch; }
.dim { color: var(--dim); }
.lead { font-size: 15px; }
.urgent { color: var(--urgent); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 8px 0; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--edge); }
th { font-weight: 600; white-space: nowrap; }
code { font: 12px/1.4 var(--vscode-editor-font-family, ui-monospace, monospace); color: inherit; overflow-wrap: anywhere; }
code.hash { color: var(--dim); font-size: 11px; display: inline-block; min-width: 32ch; }
figure { margin: 12px 0; }
svg { width: 100%; max-width: 640px; height: auto; display: block; }
svg .band { fill: var(--band); stroke: var(--vscode-contrastBorder, none); }
svg .zero { stroke: var(--dim); stroke-dasharray: 3 3; }
svg .interval { stroke: var(--line); stroke-width: 2.5; }
svg .value { fill: var(--line); }
svg .tick { fill: var(--dim); font-size: 11px; text-anchor: middle; }
svg .name { fill: var(--ink); font-size: 12px; dominant-baseline: middle; }
@media print { main { max-width: none; padding: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
`;
