/** One measured figure and the goal it is held against. */
export interface Row {
  readonly name: string;
  readonly figure: string;
  readonly goal: string;
  readonly met: boolean;
  readonly note: string;
}

export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ name, figure, goal, met, note }) => `| ${name} | ${figure} | ${goal} | ${met ? 'yes' : 'NO'} | ${note} |`,
  );
  return ['| what | measured | goal | met | |', '|---|---|---|---|---|', ...lines].join('\n');
}

export function plainTable(rows: readonly Row[]): string {
  const width = (pick: (row: Row) => string): number => Math.max(...rows.map((row) => pick(row).length));
  const name = width((row) => row.name);
  const figure = width((row) => row.figure);
  const goal = width((row) => row.goal);
  return rows
    .map(
      (row) =>
        `${row.met ? 'ok  ' : 'MISS'} ${row.name.padEnd(name)}  ${row.figure.padEnd(figure)}  ${row.goal.padEnd(goal)}  ${row.note}`,
    )
    .join('\n');
}
