// Titles of rows in lists and tables: the part of a question that tells it from the others.

/** Longest title, in UTF-16 units. */
const TITLE_LENGTH = 80;
/** Shorter beginnings stay in the titles: they leave enough of a row to tell it by. Letters written in two columns count twice. */
const MIN_START = 20;
/** Share of the rows, and number of them, that make a beginning a template when not all rows have it. */
const TEMPLATE_SHARE = 0.1;
const TEMPLATE_ROWS = 3;
/** Number of questions that the beginnings are found in, spread over the file. */
const SAMPLE = 1000;
/** Units of a question that are looked at. */
const LOOKED_AT = 4000;

/**
 * Finds the beginnings that rows of a file share, one or several templates, and returns the function that makes their titles.
 * A title begins after the longest shared beginning of whole words, has one line of at most 80 units, and is empty for an
 * empty question only. Rows whose first lines are the same get more of their text.
 */
export function rowTitles(questions: readonly string[]): (question: string) => string {
  const sample = [...new Set(spread(questions).map(plain))].filter((text) => text !== '');
  const starts = sharedStarts(sample);
  const rest = (text: string): string => {
    const start = starts.find((candidate) => text.startsWith(candidate) && text.length > candidate.length);
    return start === undefined ? text : text.slice(start.length).trimStart();
  };
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const text of sample) {
    const title = lineTitle(rest(text));
    if (seen.has(title)) again.add(title);
    seen.add(title);
  }
  return (question) => {
    const text = rest(plain(question));
    const title = lineTitle(text);
    return again.has(title) ? lineTitle(text.replace(LINE_BREAKS, ' ')) : title;
  };
}

/** First line of a text for a list: single spaces, at most 80 units, cut after a whole word where one ends late enough. */
export function lineTitle(text: string): string {
  const trimmed = text.trimStart();
  const end = trimmed.search(/[\r\n\u2028\u2029]/);
  const line = (end === -1 ? trimmed : trimmed.slice(0, end)).replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
  if (line.length <= TITLE_LENGTH) return line;
  const cut = line.slice(0, TITLE_LENGTH);
  const space = cut.lastIndexOf(' ');
  // Never inside a surrogate pair.
  return `${(space > TITLE_LENGTH / 2 ? cut.slice(0, space) : cut).replace(/[\uD800-\uDBFF]$/, '').trimEnd()}…`;
}

const LINE_BREAKS = /[\r\n\u2028\u2029]+/g;

/** The looked-at text, in which line breaks and the spaces around them are the same for all. */
function plain(question: string): string {
  return question
    .slice(0, LOOKED_AT)
    .trim()
    .replace(/[^\S\r\n]*(?:\r\n?|\n)/g, '\n');
}

function spread(questions: readonly string[]): readonly string[] {
  const step = Math.ceil(questions.length / SAMPLE);
  return step <= 1 ? questions : questions.filter((_, index) => index % step === 0);
}

/** Shared beginnings of different texts, the longest first. */
function sharedStarts(texts: readonly string[]): readonly string[] {
  const sorted = [...texts].sort((a, b) => (a < b ? -1 : 1));
  const least = Math.max(TEMPLATE_ROWS, Math.ceil(texts.length * TEMPLATE_SHARE));
  const starts = new Set<string>();
  // Texts with the same beginning are neighbors: a window of them shares the beginning that its first and last share.
  const sizes = least < texts.length ? [texts.length, least] : [texts.length];
  for (const size of sizes) {
    for (let from = 0; size >= 2 && from + size <= sorted.length; from += 1)
      starts.add(sharedStart(sorted[from] ?? '', sorted[from + size - 1] ?? '', size === texts.length));
  }
  starts.delete('');
  return [...starts].sort((a, b) => b.length - a.length);
}

/**
 * Beginning of whole words that both texts share: lines, and on the last line at least `MIN_START` columns or, when all rows have
 * it, a label (`Title: `). Empty when there is none.
 */
function sharedStart(first: string, last: string, ofAll: boolean): string {
  let end = commonLength(first, last);
  for (let before = -1; end !== before;) {
    before = end;
    end = Math.min(wordStart(first, end), wordStart(last, end));
  }
  // A sign or an opening mark belongs to the text after it.
  const start = first.slice(0, end).replace(/(?<=[\s:：=])[\p{Sc}\p{Ps}\p{Pi}"'#+\-\u2212&@]+$/u, '');
  const lines = start.lastIndexOf('\n') + 1;
  const tail = start.slice(lines);
  if (columns(tail) < MIN_START && !(ofAll && LABEL.test(tail))) return start.slice(0, lines);
  // A few words after a sentence or a label (`Price of: a …`) are rather the beginning of what follows.
  const sentence = SENTENCE.exec(tail)?.[0] ?? '';
  const words = columns(tail) - columns(sentence);
  return sentence !== '' && words < MIN_START ? start.slice(0, lines + sentence.length) : start;
}

const LABEL = /[:：=]\s*$/;
/** Up to the last mark that ends a sentence or a label. */
const SENTENCE = /^.*(?:[:：=.?!]\s+|[：。？！])/u;

function commonLength(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return length;
}

/** Units around a place that are segmented. */
const CONTEXT = 200;

/** Last place up to `end` where a word, a number or an emoji begins, or the text ends. */
function wordStart(text: string, end: number): number {
  if (end >= text.length) return end;
  const from = text.lastIndexOf(' ', Math.max(0, end - CONTEXT)) + 1;
  return (
    from +
    (words()
      .segment(text.slice(from, end + CONTEXT))
      .containing(end - from)?.index ?? 0)
  );
}

let segmenter: Intl.Segmenter | undefined;
/** Made on first use, which takes some milliseconds. */
function words(): Intl.Segmenter {
  return (segmenter ??= new Intl.Segmenter('en', { granularity: 'word' }));
}

/** Width in columns: letters of East Asian scripts and emoji take two. */
function columns(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
