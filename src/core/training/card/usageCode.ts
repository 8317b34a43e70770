/* eslint-disable tuning-fork/translated -- code */
import type { CardBase } from './cardInput.ts';

/** Python that loads the files of a folder and asks the model once. */
export function pythonLines(form: 'adapter' | 'merged', { name, isAtHub, revision }: CardBase): readonly string[] {
  // A base that is no model of the hub is named by its place, which only the reader knows.
  const place = isAtHub ? JSON.stringify(name) : '"PATH_OF_THE_BASE_MODEL"';
  const commit = isAtHub && revision !== null ? `, revision=${JSON.stringify(revision)}` : '';
  const load =
    form === 'adapter'
      ? [
          'from peft import PeftModel',
          'from transformers import AutoModelForCausalLM, AutoTokenizer',
          '',
          'FOLDER = "."',
          `base = AutoModelForCausalLM.from_pretrained(${place}${commit})`,
          'model = PeftModel.from_pretrained(base, FOLDER)',
        ]
      : [
          'from transformers import AutoModelForCausalLM, AutoTokenizer',
          '',
          'FOLDER = "."',
          'model = AutoModelForCausalLM.from_pretrained(FOLDER)',
        ];
  return [
    ...load,
    'tokenizer = AutoTokenizer.from_pretrained(FOLDER)',
    'messages = [{"role": "user", "content": "…"}]',
    'inputs = tokenizer.apply_chat_template(',
    '    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"',
    ')',
    'output = model.generate(**inputs, max_new_tokens=100)',
    'print(tokenizer.decode(output[0][inputs["input_ids"].shape[1]:], skip_special_tokens=True))',
  ];
}

/** Commands that import the folder into Ollama, whose names are in small letters. */
export function ollamaLines(name: string): readonly string[] {
  const own = name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
  return [`ollama create ${own} -f Modelfile`, `ollama run ${own}`];
}
