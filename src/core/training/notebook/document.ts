// Jupyter notebooks, nbformat 4.5.

export interface Cell {
  /** Letters, digits and hyphens; unique in the notebook. */
  readonly id: string;
  readonly kind: 'markdown' | 'code';
  readonly text: string;
  /** Tags by which programs find the cell. */
  readonly tags?: readonly string[];
}

/** Text of a notebook without outputs. */
export function notebookDocument(cells: readonly Cell[]): string {
  const document = {
    cells: cells.map(({ id, kind, text, tags }) => ({
      cell_type: kind,
      ...(kind === 'code' ? { execution_count: null } : {}),
      id,
      metadata: tags === undefined ? {} : { tags },
      ...(kind === 'code' ? { outputs: [] } : {}),
      source: linesOf(text),
    })),
    metadata: {
      // Colab offers a GPU at once.
      accelerator: 'GPU',
      colab: { provenance: [] },
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function linesOf(text: string): readonly string[] {
  const lines = text.trim().split('\n');
  return lines.map((line, at) => (at < lines.length - 1 ? `${line}\n` : line));
}
