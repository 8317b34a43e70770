/* eslint-disable tuning-fork/translated -- fields of the hub */
// Facts at the head of a model card that the Hugging Face hub reads (https://huggingface.co/docs/hub/model-cards).
import { untrustedText } from '../../base/untrustedText.ts';
import type { CardInput } from './cardInput.ts';

/** Names of licenses as the hub spells them; any other one is named beside `other`. */
const LICENSE = /^[a-z0-9][a-z0-9.+-]{0,40}$/;

/** Lines between the two marks, and these. Texts are in quotes, which YAML reads as JSON does. */
export function frontMatter({ base, form, training }: CardInput): readonly string[] {
  const { isAtHub, name, licence } = base;
  const files = [training?.trainingFile, training?.validationFile].flatMap((file) => file?.sha256 ?? []);
  return [
    '---',
    // The hub knows base models and datasets by their ids alone; a file's hash is a field of its own.
    ...(isAtHub ? [`base_model: ${quoted(name)}`] : []),
    `library_name: ${form === 'adapter' ? 'peft' : 'transformers'}`,
    'pipeline_tag: text-generation',
    ...(licence === null
      ? []
      : LICENSE.test(licence)
        ? [`license: ${quoted(licence)}`]
        : ['license: other', `license_name: ${quoted(licence)}`]),
    'tags:',
    ...['tuning-fork', 'lora', ...methodTag(training?.job.method), ...(form === 'ollama' ? ['ollama'] : [])].map(
      (tag) => `  - ${tag}`,
    ),
    ...(files.length === 0
      ? []
      : [
          'dataset_sha256:',
          ...files.filter((sha256) => /^[0-9a-f]{64}$/.test(sha256)).map((sha256) => `  - "${sha256}"`),
        ]),
    '---',
  ];
}

function methodTag(method: string | undefined): readonly string[] {
  switch (method) {
    case 'supervised':
      return ['sft'];
    case 'dpo':
      return ['dpo'];
    case 'reinforcement':
      return ['grpo'];
    default:
      return [];
  }
}

function quoted(text: string): string {
  return JSON.stringify(untrustedText(text, [], 200));
}
