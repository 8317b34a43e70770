import { describe, expect, it } from 'vitest';
import { familiesOf, familyOf, roleOf } from '../../../../../src/core/training/curves/families.ts';
import { unconditionalLoss } from '../../../../../src/core/training/curves/levels.ts';

describe('families of metrics', () => {
  it.each([
    ['train_loss', 'loss', 'train'],
    ['valid_loss', 'loss', 'valid'],
    ['full_valid_loss', 'loss', 'full'],
    ['train_mean_token_accuracy', 'accuracy', 'train'],
    ['full_valid_mean_token_accuracy', 'accuracy', 'full'],
    ['train_reward_mean', 'reward', 'train'],
    ['valid_reward_mean', 'reward', 'valid'],
    ['train_mean_reasoning_tokens', 'tokens', 'train'],
    ['loss', 'loss', 'train'],
    ['eval_loss', 'loss', 'valid'],
    ['train/grad_norm', 'grad_norm', 'train'],
    ['learning_rate', 'learning_rate', 'train'],
    ['glossary', 'glossary', 'train'],
    ['train/epoch', null, 'train'],
  ] as const)('%s is of %s, taken of %s', (name, family, role) => {
    expect(familyOf(name)).toBe(family);
    expect(roleOf(name)).toBe(role);
  });

  it('come in a fixed order with their metrics in a fixed order', () => {
    const names = [
      'learning_rate',
      'valid_mean_token_accuracy',
      'full_valid_loss',
      'epoch',
      'valid_loss',
      'train_loss',
    ];
    expect([...familiesOf(names)]).toEqual([
      ['loss', ['train_loss', 'valid_loss', 'full_valid_loss']],
      ['accuracy', ['valid_mean_token_accuracy']],
      ['learning_rate', ['learning_rate']],
    ]);
  });
});

describe('the loss without the prompts', () => {
  it('is read from the event of the local engine, and from no other', () => {
    expect(
      unconditionalLoss(
        'Without looking at the prompts the validation loss is 2.94: what is learnt must come below it',
      ),
    ).toEqual({ role: 'valid', loss: 2.94 });
    expect(
      unconditionalLoss('Without looking at the prompts the training loss is 12: what is learnt must come below it'),
    ).toEqual({ role: 'train', loss: 12 });
    expect(unconditionalLoss('Step 3/5: training loss=2.94')).toBeNull();
  });
});
