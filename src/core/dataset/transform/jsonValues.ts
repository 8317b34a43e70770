/** JSON value of a text, unchanged. */
export interface JsonPiece {
  /** Line where it begins, from 1. */
  readonly line: number;
  readonly text: string;
}

/**
 * Cuts a text into its values, in a list, one per line, spread over lines or one after the other. Takes
 * pieces of any size; holds one value at a time. A broken value is passed on unchanged.
 */
export interface JsonValueReader {
  push(text: string): Generator<JsonPiece, void, undefined>;
  end(): Generator<JsonPiece, void, undefined>;
}

export function createJsonValueReader(): JsonValueReader {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inList = false;
  let any = false;
  let line = 1;
  let startLine = 1;
  let held = '';
  let open = false;
  return {
    *push(text) {
      let start = 0;
      for (let i = 0; i < text.length; i += 1) {
        const code = text.charCodeAt(i);
        if (code === 0x0a) line += 1;
        if (!open) {
          // Between values: white space, commas of the list, the list's own brackets.
          if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d || code === 0x2c || code === 0xfeff)
            continue;
          if (code === 0x5b && !any) {
            any = true;
            inList = true;
            continue;
          }
          any = true;
          if (code === 0x5d && inList) {
            inList = false;
            continue;
          }
          open = true;
          start = i;
          startLine = line;
        }
        if (inString) {
          if (escaped) escaped = false;
          else if (code === 0x5c) escaped = true;
          else if (code === 0x22) inString = false;
        } else if (code === 0x22) inString = true;
        else if (code === 0x7b || code === 0x5b) depth += 1;
        else if (code === 0x7d || code === 0x5d) {
          depth -= 1;
          if (depth <= 0) {
            const piece = held + text.slice(start, i + 1);
            held = '';
            open = false;
            depth = 0;
            yield { line: startLine, text: piece };
          }
        } else if (depth === 0 && code === 0x0a) {
          // Words outside any bracket: no value, but a line to report.
          const piece = held + text.slice(start, i);
          held = '';
          open = false;
          yield { line: startLine, text: piece };
        }
      }
      if (open) held += text.slice(start);
    },
    *end() {
      if (open && held.trim() !== '') yield { line: startLine, text: held };
      held = '';
      open = false;
    },
  };
}

/** Puts JSON on one line: line feeds and returns outside text become spaces; everything else stays byte for byte. */
export function onOneLine(json: string): string {
  if (!/[\n\r]/.test(json)) return json;
  let result = '';
  let inString = false;
  let from = 0;
  for (let i = 0; i < json.length; i += 1) {
    const code = json.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x0a || code === 0x0d) {
      let end = i;
      while (/[\n\r\t ]/.test(json[end] ?? '')) end += 1;
      result += `${json.slice(from, i)} `;
      from = end;
      i = end - 1;
    }
  }
  return result + json.slice(from);
}
