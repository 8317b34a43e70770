import process from 'node:process';
import { speak } from '../core/base/messages.ts';
import { terminalLanguage } from './language.ts';
import { run } from './run.ts';

speak(terminalLanguage(process.env, new URL('../l10n/', import.meta.url)));
process.exitCode = await run(process.argv.slice(2));
