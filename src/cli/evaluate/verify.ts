import { readFileSync } from 'node:fs';
import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { sentenceOf } from '../../core/evaluation/comparison/statements.ts';
import { verifyRun } from '../../evals/portableRun.ts';
import { RegexMatcher } from '../../evals/regexMatcher.ts';
import { CommandFailure, EXIT, parseOptions, UsageError } from '../options.ts';
import { inWords, print, say, visible } from '../terminal.ts';

/** Recomputes every hash, grade, figure and sentence of a run file, offline. Exit code 1: it was changed. */
export async function verify(args: readonly string[]): Promise<number> {
  const [file, more] = parseOptions(args, {}).positionals;
  if (file === undefined) throw new UsageError(t('FILE, the run file to verify, is missing.'));
  if (more !== undefined) throw new UsageError(t('verify takes one file, so {0} is not understood.', more));
  let text: string;
  try {
    text = readFileSync(path.resolve(file), 'utf8');
  } catch {
    throw new CommandFailure({
      code: 'file-unreadable',
      message: t('{0} cannot be read.', file),
      action: t('Check the path.'),
    });
  }
  const matcher = new RegexMatcher();
  try {
    const verified = await verifyRun(text, (pattern, flags, reply) => matcher.matches(pattern, flags, reply));
    if (!verified.ok) {
      say(inWords(verified.error));
      return EXIT.bad;
    }
    const { run, judgment } = verified.value;
    print(`${visible(sentenceOf(judgment.statements))}\n`);
    say(
      t(
        'Every hash, grade, figure and sentence of {0} rows follows from the answers. That proves that the file is consistent, not where it comes from.',
        run.rows.length,
      ),
    );
    return EXIT.ok;
  } finally {
    matcher.dispose();
  }
}
