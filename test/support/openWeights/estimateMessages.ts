// What the trainer says before a training, and last of `tuning_fork_trainer estimate`.

/** Settings as a trainer says that it used them, when nothing was asked for. */
export const ADVANCED_USED = {
  lora_rank: 16,
  lora_alpha: 32,
  target_modules: 'all-linear',
  load_in_4bit: false,
  gradient_accumulation: 1,
  max_length: 512,
  packing: false,
  group_by_length: true,
  validation_every: 4,
  validation_sample: 32,
};

/** A training that fits. */
export const READY = {
  type: 'ready',
  version: 1,
  device: 'cpu',
  devices: 1,
  model: 'lab/tiny',
  parameters: 134_515_008,
  trainable_parameters: 4_884_480,
  tokens_per_epoch: 18_000,
  hyperparameters: { n_epochs: 3, batch_size: 8, learning_rate_multiplier: 1 },
  advanced: ADVANCED_USED,
  total_steps: 75,
  steps_done: 0,
  seconds_estimate: 240,
  tokens_per_second: 225,
  memory_needed: 1_200_000_000,
  memory_available: 14_000_000_000,
};

/** A training that does not fit. */
export const NO_MEMORY = {
  type: 'error',
  code: 'no-memory',
  message: 'Training this model needs about 9.1 GB of memory, and 3.9 GB are free.',
  action: 'Lower "max_length", or choose a smaller model.',
  memory_needed: 9_100_000_000,
  memory_available: 3_900_000_000,
};
