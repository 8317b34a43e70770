import { t } from '../../../base/messages.ts';
import { describe, isRecord, type Rule, type RuleFinding } from './rule.ts';

/** `weight` is 0 or 1, and only on assistant messages. */
export const messageWeight: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (!isRecord(message) || message['weight'] === undefined) return;
    const weight = message['weight'];
    const path = ['messages', index, 'weight'];
    if (message['role'] !== 'assistant') {
      findings.push({
        code: 'weight-not-assistant',
        message: t('Message {0} has a weight but is not an assistant message.', index + 1),
        action: t('Remove the weight, or move it to an assistant message.'),
        path,
      });
    } else if (weight !== 0 && weight !== 1) {
      findings.push({
        code: 'weight-value',
        message: t('The weight of message {0} is {1} where only 0 and 1 are allowed.', index + 1, describe(weight)),
        action: t('Write 0 to exclude the message from training, or 1 to train on it.'),
        path,
      });
    }
  });
  return findings;
};

/** At least one answer is trained on. */
export const somethingWeighs: Rule = ({ messages }) => {
  const answers = messages.flatMap((message, index) =>
    isRecord(message) && message['role'] === 'assistant' ? [{ weight: message['weight'], index }] : [],
  );
  const [first] = answers;
  if (first === undefined || answers.some(({ weight }) => weight !== 0)) return [];
  return [
    {
      code: 'weight-nothing',
      message: t('Every assistant message has the weight 0, so the model learns nothing from the example.'),
      action: t('Give the answer to learn the weight 1, or remove the line.'),
      path: ['messages', answers.at(-1)?.index ?? first.index, 'weight'],
    },
  ];
};
