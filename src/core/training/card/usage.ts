import { t } from '../../base/messages.ts';
import type { CardInput } from './cardInput.ts';
import { ollamaLines, pythonLines } from './usageCode.ts';

/** How the files are used, as Markdown. */
export function usageLines({ form, base, name }: CardInput): readonly string[] {
  if (form !== 'ollama') return fenced('python', pythonLines(form, base));
  return [
    t('In this folder:'),
    '',
    ...fenced('sh', ollamaLines(name)),
    '',
    t(
      'The template of the Modelfile writes prompts as the training did, without tools. It was compared with the chat template of the tokenizer, and not run by Ollama.',
    ),
  ];
}

function fenced(language: string, lines: readonly string[]): readonly string[] {
  return [`\`\`\`${language}`, ...lines, '```'];
}
