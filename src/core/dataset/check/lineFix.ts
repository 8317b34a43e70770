/** Columns from 1 in UTF-16 units of the line, `endColumn` exclusive. The new text may hold line feeds. */
export interface Edit {
  readonly column: number;
  readonly endColumn: number;
  readonly text: string;
}

export interface LineFix {
  /** Title as a command: `Remove the comma`. */
  readonly title: string;
  readonly edits: readonly Edit[];
  /** The whole line is removed, with its ending. */
  readonly removeLine?: true;
  /** New text of all lines of the finding, which go on over several. */
  readonly whole?: string;
}

/** A fix of one edit; without a place, of the finding's. */
export type MakeEdit = (title: string, newText: string, from?: number, to?: number) => LineFix;
