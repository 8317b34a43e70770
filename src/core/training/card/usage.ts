import { t } from '../../base/messages.ts';
import type { CardInput } from './cardInput.ts';

/** How the files are used, as Markdown. */
export function usageLines({ form, base, name }: CardInput): readonly string[] {
  if (form === 'ollama') {
    return [
      t('In this folder:'),
      '',
      ...fenced('sh', [`ollama create ${ollamaName(name)} -f Modelfile`, `ollama run ${ollamaName(name)}`]),
      '',
      t(
        'The template of the Modelfile writes prompts as the training did, without tools. It was compared with the chat template of the tokenizer, and not run by Ollama.',
      ),
    ];
  }
  // A base that is no model of the hub is named by its place, which only the reader knows.
  const place = base.isAtHub ? JSON.stringify(base.name) : '"PATH_OF_THE_BASE_MODEL"';
  const revision = base.isAtHub && base.revision !== null ? `, revision=${JSON.stringify(base.revision)}` : '';
  const load =
    form === 'adapter'
      ? [
          'from peft import PeftModel',
          'from transformers import AutoModelForCausalLM, AutoTokenizer',
          '',
          `base = AutoModelForCausalLM.from_pretrained(${place}${revision})`,
          'model = PeftModel.from_pretrained(base, FOLDER)',
        ]
      : [
          'from transformers import AutoModelForCausalLM, AutoTokenizer',
          '',
          'model = AutoModelForCausalLM.from_pretrained(FOLDER)',
        ];
  return fenced('python', [
    'FOLDER = "."',
    ...load,
    'tokenizer = AutoTokenizer.from_pretrained(FOLDER)',
    'messages = [{"role": "user", "content": "…"}]',
    'inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")',
    'output = model.generate(**inputs, max_new_tokens=100)',
    'print(tokenizer.decode(output[0][inputs["input_ids"].shape[1]:], skip_special_tokens=True))',
  ]);
}

/** Names of Ollama are in small letters. */
function ollamaName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
}

function fenced(language: string, lines: readonly string[]): readonly string[] {
  return [`\`\`\`${language}`, ...lines, '```'];
}
