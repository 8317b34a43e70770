import { bytesInWords } from '../../base/bytes.ts';
import { t, tn } from '../../base/messages.ts';
import type { RowLines } from './rowLines.ts';
import type { ComparedFile, ComparedFiles, ComparisonView, Figure, FigureRows, LeakedRows } from './types.ts';

/** View of one compared file. `index`: its place, part of the figures' ids. `ownHeld`: see `ComparedFiles.held`. */
export function comparisonView(
  file: ComparedFile,
  index: number,
  name: string,
  ownHeld: boolean,
  figureIn: (file: FigureRows['file'], id: string, title: string, rows: RowLines) => Figure,
): ComparisonView {
  if (file.state !== 'compared') {
    const [held, training] = ownHeld ? [name, file.name] : [file.name, name];
    const empty = { rows: [], format: [], heldRows: 0 };
    return { with: file.name, state: file.state, held, training, ...empty, note: noteOf(file) };
  }
  const { comparison } = file;
  const own = comparison.held === 'file';
  const [held, training] = own ? [name, file.name] : [file.name, name];
  const [heldPath, trainingPath] = own ? [null, file.path] : [file.path, null];
  const row = (code: string, label: string, leaked: LeakedRows): ComparisonView['rows'][number] => {
    const id = `leak.${String(index)}.${code}`;
    return {
      label,
      held: figureIn(heldPath, `${id}.held`, t('{0}: in {1}', label, held), leaked.held),
      training: figureIn(trainingPath, `${id}.training`, t('{0}: in {1}', label, training), leaked.training),
    };
  };
  return {
    with: file.name,
    state: file.state,
    held,
    training,
    heldRows: comparison.heldRows,
    rows: [
      row('exact', t('Word for word'), comparison.exact),
      row('prompt', t('Same prompt, different answer'), comparison.prompt),
      row('near', t('Nearly the same'), comparison.near),
    ],
    format: comparison.format.map(({ message, action }) => `${message} ${action}`),
    note: null,
  };
}

function noteOf(file: ComparedFile): string | null {
  switch (file.state) {
    case 'canceled':
      return t('Comparing with {0} was canceled.', file.name);
    case 'too-large':
      return t('{0} was not compared by itself: both files together have {1}.', file.name, bytesInWords(file.bytes));
    case 'failed':
      return `${file.problem.message} ${file.problem.action}`;
    default:
      return null;
  }
}

export function notComparedText({ files, more, held }: ComparedFiles): string | null {
  if (more > 0)
    return tn(
      more,
      '{0} more file with a matching name was not compared.',
      '{0} more files with matching names were not compared.',
    );
  if (files.length > 0) return null;
  return held
    ? t('No training file with a matching name is in its folder.')
    : t('No validation or test file with a matching name is in its folder.');
}
