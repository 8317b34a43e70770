// Conversations that were written into one text with the marks of a model's chat template.

interface Turn {
  readonly role: string;
  readonly content: string;
}

/** `turn` matches one turn from the end of the one before; groups: role, content. */
interface Template {
  readonly begins: RegExp;
  readonly start: RegExp;
  readonly turn: RegExp;
}

const TEMPLATES: readonly Template[] = [
  {
    begins: /^\s*<\|im_start\|>/,
    start: /\s*/y,
    turn: /<\|im_start\|>(\w+)\r?\n([^]*?)(?:<\|im_end\|>\s*|(?=<\|im_start\|>)|$)/y,
  },
  {
    begins: /^\s*(?:<\|begin_of_text\|>)?\s*<\|start_header_id\|>/,
    start: /\s*(?:<\|begin_of_text\|>)?\s*/y,
    turn: /<\|start_header_id\|>(\w+)<\|end_header_id\|>\s*([^]*?)(?:<\|(?:eot_id|end_of_text)\|>\s*|$)/y,
  },
  {
    begins: /^\s*(?:<bos>)?\s*<start_of_turn>/,
    start: /\s*(?:<bos>)?\s*/y,
    turn: /<start_of_turn>(\w+)\r?\n([^]*?)(?:<end_of_turn>\s*|$)/y,
  },
  {
    begins: /^\s*###\s*Human:/i,
    start: /\s*/y,
    turn: /###\s*(Human|Assistant|System):\s*([^]*?)\s*(?=###\s*(?:Human|Assistant|System):|$)/iy,
  },
  {
    begins: /^\s*Human:/,
    start: /\s*/y,
    turn: /(Human|Assistant):\s*([^]*?)\s*(?=\n\n(?:Human|Assistant):|$)\s*/y,
  },
];

const LLAMA_2 =
  /\s*(?:<s>)?\s*\[INST\]\s*(?:<<SYS>>\s*([^]*?)\s*<<\/SYS>>\s*)?([^]*?)\s*\[\/INST\]\s*([^]*?)\s*(?:<\/s>\s*|(?=<s>|\[INST\])|$)/y;

/** Tells whether a text begins with the mark of a template. */
export function isTemplated(text: string): boolean {
  const start = text.slice(0, 200);
  return /^\s*(?:<s>)?\s*\[INST\]/.test(start) || TEMPLATES.slice(0, 4).some(({ begins }) => begins.test(start));
}

/** Turns of a text that is such a conversation from its beginning to its end; null when it is none. */
export function turnsOfTemplate(text: string): readonly Turn[] | null {
  if (/^\s*(?:<s>)?\s*\[INST\]/.test(text)) return turnsOfLlama2(text);
  const template = TEMPLATES.find(({ begins }) => begins.test(text));
  if (template === undefined) return null;
  template.start.lastIndex = 0;
  let at = template.start.exec(text)?.[0].length ?? 0;
  const turns: Turn[] = [];
  while (at < text.length) {
    template.turn.lastIndex = at;
    const match = template.turn.exec(text);
    if (match === null || match[0] === '') return null;
    turns.push({ role: (match[1] ?? '').toLowerCase(), content: (match[2] ?? '').trim() });
    at += match[0].length;
  }
  return turns;
}

function turnsOfLlama2(text: string): readonly Turn[] | null {
  const turns: Turn[] = [];
  for (let at = 0; at < text.length;) {
    LLAMA_2.lastIndex = at;
    const match = LLAMA_2.exec(text);
    if (match === null || match[0] === '') return null;
    if (match[1] !== undefined) turns.push({ role: 'system', content: match[1] });
    turns.push({ role: 'user', content: match[2] ?? '' }, { role: 'assistant', content: match[3] ?? '' });
    at += match[0].length;
  }
  return turns;
}
