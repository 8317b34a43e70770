// Files that are no text of rows at all, by their first bytes.
import { t } from '../../base/messages.ts';
import type { RuleCode } from './ruleTable.ts';

/** Form of a file that is not JSONL as a whole. */
export interface FileShape {
  readonly code: RuleCode;
  readonly message: string;
  readonly action: string;
  /** 0: it is about the file, 1: it is seen at its first line. */
  readonly line: 0 | 1;
  /** True when no second line could show it to be a slip in a good file. */
  readonly certain?: true;
}

const startsWith = (bytes: Uint8Array, ...signature: readonly number[]): boolean =>
  signature.every((byte, index) => bytes[index] === byte);

/** The first bytes as text, each byte a character. */
function latin(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

/** Recognizes a file of another program; null when it may be text. `bytes`: the first line. */
export function signatureOf(bytes: Uint8Array): FileShape | null {
  const start = latin(bytes, 2048);
  if (/^version https:\/\/git-lfs\.github\.com\/spec\//.test(start))
    return certain(
      'git-lfs-pointer',
      t('The file is only a pointer of Git LFS: its content has not been downloaded.'),
      t('Run "git lfs pull" in the repository.'),
    );
  if (startsWith(bytes, 0x50, 0x4b, 0x03, 0x04))
    return /xl\/|\[Content_Types\]\.xml|mimetypeapplication\/vnd\.oasis/.test(start)
      ? spreadsheet()
      : compressed('ZIP');
  if (startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) return spreadsheet();
  if (startsWith(bytes, 0x1f, 0x8b)) return compressed('gzip');
  if (startsWith(bytes, 0x28, 0xb5, 0x2f, 0xfd)) return compressed('Zstandard');
  if (startsWith(bytes, 0xfd, 0x37, 0x7a, 0x58, 0x5a)) return compressed('xz');
  if (startsWith(bytes, 0x37, 0x7a, 0xbc, 0xaf)) return compressed('7-Zip');
  if (/^BZh[1-9]/.test(start)) return compressed('bzip2');
  if (start.startsWith('PAR1') || start.startsWith('ARROW1') || startsWith(bytes, 0xff, 0xff, 0xff, 0xff))
    return certain(
      'parquet',
      t('The file is a binary table (Parquet or Arrow) instead of JSON lines.'),
      t('Export it as JSON lines, with pandas for example: to_json(path, orient="records", lines=True).'),
    );
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b/i.test(start))
    return certain(
      'web-page',
      t('The file is a web page (HTML): probably a page about the file was saved instead of the file.'),
      t('Download the file itself.'),
    );
  if (start.startsWith('%PDF-')) return other('PDF');
  if (/^SQLite format 3/.test(start)) return other('SQLite');
  if (/^(?:\xef\xbb\xbf)?\s*<\?xml\b/.test(start)) return other('XML');
  return null;
}

function certain(code: FileShape['code'], message: string, action: string): FileShape {
  return { code, message, action, line: 0, certain: true };
}

function compressed(format: string): FileShape {
  return certain('compressed-file', t('The file is compressed ({0}).', format), t('Unpack it first.'));
}

function spreadsheet(): FileShape {
  return certain(
    'spreadsheet',
    t('The file is a workbook of a spreadsheet program.'),
    t('Save the sheet as CSV (UTF-8), and convert that.'),
  );
}

function other(format: string): FileShape {
  return certain(
    'other-file',
    t('The file is a {0} file instead of JSON lines.', format),
    t('Export the examples as JSON lines, or choose another file.'),
  );
}
