// Explanations in a notebook, as Markdown. Nothing of a job is in them but numbers.
import { t } from '../../base/messages.ts';
import type { MethodName } from '../job.ts';

/** Paragraphs, lists and headings one below the other. */
function page(...blocks: readonly string[]): string {
  return blocks.join('\n\n');
}

function methodSentence(method: MethodName): string {
  switch (method) {
    case 'supervised':
      return t('It trains an adapter by examples of right answers.');
    case 'dpo':
      return t('It trains an adapter by pairs of answers, of which one is preferred (DPO).');
    case 'reinforcement':
      return t('It trains an adapter by the rewards that a grader gives its answers (GRPO).');
  }
}

export function aboutText(method: MethodName, stopsEarly: boolean): string {
  return page(
    t('# Fine-tune a language model with LoRA'),
    [
      t('This notebook was exported by Tuning Fork.'),
      methodSentence(method),
      t(
        'It uses [TRL](https://huggingface.co/docs/trl) and [PEFT](https://huggingface.co/docs/peft) with the settings of the job that it was exported from, on Google Colab or on any machine with a GPU.',
      ),
    ].join(' '),
    [
      t('1. Install the packages'),
      t('2. Look at the settings'),
      t('3. Read the files, the model and the examples'),
      t('4. Train'),
      t('5. Save the adapter and take it home'),
    ].join('\n'),
    t('Run the cells from top to bottom. On Colab, choose a GPU first: *Runtime → Change runtime type*.'),
    ...(stopsEarly
      ? [t('The job stops early when its validation gets worse. This notebook trains to the last epoch.')]
      : []),
  );
}

export function packagesText(): string {
  return page(
    t('## 1. Packages'),
    t(
      'These are the versions that the trainer of Tuning Fork uses. PyTorch is not among them: its build follows the GPU, and Colab has one. Restart the session if Colab asks for it, and go on with the next cell.',
    ),
  );
}

export function settingsText(foreignMultiplier: number | null): string {
  return page(
    t('## 2. Settings'),
    t(
      'The names mean what they mean in Tuning Fork: a batch counts examples of one optimizer step, an epoch has *examples / batch size* steps, rounded up, and the learning rate is 0.0002 times its multiplier and falls evenly to 0.',
    ),
    t(
      'The base model is downloaded from the Hugging Face hub. If its license has to be accepted, accept it on its page and run `huggingface_hub.login()` in a cell of its own. Never write a token into a notebook.',
    ),
    ...(foreignMultiplier === null
      ? []
      : [
          t(
            'The job was trained by another provider with a learning rate multiplier of {0}. It multiplies a rate that this provider does not publish, so the multiplier here is the usual one.',
            String(foreignMultiplier),
          ),
        ]),
  );
}

export function filesText(): string {
  return page(
    t('## 3. Files, model and examples'),
    t('The rows lie in files beside this notebook. On Colab, the cell asks you to upload them.'),
  );
}

export function modelText(): string {
  return t('The tokenizer comes with the chat template of the model, which makes one text of the messages.');
}

export function examplesText(method: MethodName): string {
  switch (method) {
    case 'supervised':
      return t(
        'Each conversation becomes tokens. Only those of the answers count for the loss, with the end token of each. Prompts, and answers with `"weight": 0`, are read and not learned.',
      );
    case 'dpo':
      return t('Each pair becomes the tokens of a prompt and of its two answers.');
    case 'reinforcement':
      return t(
        'Each row becomes the text of a prompt. The model will answer it several times, and the answers are compared by their rewards.',
      );
  }
}

export function planText(method: MethodName): string {
  return page(
    t('## 4. Training'),
    method === 'reinforcement'
      ? t('First the meaning of `"auto"`. The rest of an epoch that fills no batch is left out.')
      : t(
          'First the meaning of `"auto"`, and the order of the examples. It depends on the seed and the epoch only, and puts examples of similar length into a batch, so that little is padded.',
        ),
  );
}

export function graderText(): string {
  return t('The grader gives each answer a reward. It asks no other model and runs no code that comes with data.');
}

export function trainingText(): string {
  return t(
    'The base model stays as it is; LoRA trains small matrices beside its layers. The seed is set before they are made, so that the same settings on the same machine give the same adapter.',
  );
}

export function curveText(method: MethodName): string {
  return method === 'reinforcement'
    ? t('The mean reward of each step, and that of the most probable answers to the validation prompts.')
    : t(
        'The loss of each step, and that of the validation examples: of a fixed sample between the epochs, and of all at the end of each. Single steps are noisy; Tuning Fork says what can be claimed of the curve.',
      );
}

export function resultText(): string {
  return page(
    t('## 5. The adapter'),
    t(
      'The folder has the adapter, the tokenizer with its chat template, `trainer_state.json` with the curves, and the settings that were used. On Colab it is downloaded as a zip file. In VS Code, *Tuning Fork: Import Adapter…* takes the folder or the zip file: the adapter becomes a model of that machine, and its curves a job.',
    ),
  );
}
