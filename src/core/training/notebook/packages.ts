/** Packages that a notebook installs, with the versions of trainer/requirements.lock; a test compares them. */
export const NOTEBOOK_PACKAGES: Readonly<Record<string, string>> = {
  transformers: '5.24.0',
  trl: '1.16.0',
  peft: '0.21.2',
  datasets: '5.2.0',
  accelerate: '1.15.0',
  huggingface_hub: '2.4.0',
  safetensors: '0.8.0',
  tokenizers: '0.23.3',
  Jinja2: '3.1.6',
};

/** Package of the graders that compare texts. */
export const GRADER_PACKAGES: Readonly<Record<string, string>> = { RapidFuzz: '3.14.6' };

/** Package of 4-bit weights, which the lock does not have: its build follows the GPU. */
export const FOUR_BIT = 'bitsandbytes>=0.48';
