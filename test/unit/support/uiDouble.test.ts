// The double stands in for a person in many tests: it must not let pass what nobody expected.
import { describe, expect, it } from 'vitest';
import { Back } from '../../../src/extension/ui/ui.ts';
import { AS_IT_IS, BACK, CLOSED, UiDouble } from '../../support/uiDouble.ts';

const fruit = [{ label: 'Apple' }, { label: 'Apple pie' }, { label: 'Pear', picked: true }];
const which = { title: 'Fruit', placeHolder: 'Which fruit?' };
const place = { step: 2, totalSteps: 3, canGoBack: true };

describe('the double of the seam over the window', () => {
  it('answers what is asked as its script says, and is content when all was asked', async () => {
    const ui = new UiDouble([
      { pick: 'Which fruit?', title: 'Fruit', offers: [/pie/], answer: 'Apple' },
      { pickMany: /fruit/, answer: ['Pear', /pie/] },
      { pickMany: /fruit/, answer: AS_IT_IS },
      { input: 'How many?', refused: [['x', /number/]], answer: '3' },
      { input: 'How many?', answer: AS_IT_IS },
      { modal: 'Delete?', detail: /good/, answer: 'Delete' },
      { notify: /done/, kind: 'information', actions: ['Open', 'Close'], answer: 'Open' },
      { notify: /done/, kind: 'warning' },
      { status: 'Copied' },
      { copy: 'text' },
    ]);
    const many = {
      prompt: 'How many?',
      value: '7',
      validateInput: (text: string) => (/^\d$/.test(text) ? null : 'No number.'),
    };
    expect(await ui.pick(fruit, which)).toBe(fruit[0]);
    // In the order of the list, as the window gives them.
    expect(await ui.pickMany(fruit, which)).toEqual([fruit[1], fruit[2]]);
    expect(await ui.pickMany(fruit, which)).toEqual([fruit[2]]);
    expect(await ui.input(many)).toBe('3');
    expect(await ui.input(many)).toBe('7');
    expect(await ui.modal('Delete?', 'It is gone for good.', 'Keep', 'Delete')).toBe('Delete');
    expect(await ui.notify('information', 'It is done', 'Open', 'Close')).toBe('Open');
    expect(await ui.notify('warning', 'It is done', 'Open')).toBeUndefined();
    ui.status('Copied');
    await ui.copy('text');
    expect(
      await ui.progress(
        'Reading',
        () => undefined,
        () => Promise.resolve(5),
      ),
    ).toBe(5);
    expect(ui.tasks).toEqual(['Reading']);
    ui.done();
  });

  it('closes and goes back', async () => {
    const ui = new UiDouble([
      { pick: /./, answer: CLOSED },
      { input: /./, answer: CLOSED },
      { modal: /./, answer: CLOSED },
      { pick: /./, answer: BACK },
      { input: /./, answer: BACK },
    ]);
    expect(await ui.pick(fruit, which)).toBeUndefined();
    expect(await ui.input({ prompt: 'x' })).toBeUndefined();
    expect(await ui.modal('x', '', 'y')).toBeUndefined();
    await expect(ui.pick(fruit, { ...which, place })).rejects.toBeInstanceOf(Back);
    await expect(ui.input({ prompt: 'x', place })).rejects.toBeInstanceOf(Back);
    ui.done();
  });

  it('shows the items of a list that is filled later', async () => {
    const ui = new UiDouble([{ pick: /./, answer: /Quince/ }]);
    const later = (): Promise<typeof fruit> => Promise.resolve([{ label: 'Quince' }]);
    expect(await ui.pick(fruit, { ...which, later })).toEqual({ label: 'Quince' });
    ui.done();
  });

  it('says what was not asked', () => {
    const ui = new UiDouble([{ modal: 'Delete?', answer: 'Delete' }]);
    ui.expect({ status: /copied/ });
    expect(() => {
      ui.done();
    }).toThrow('Not asked: modal “Delete?”\nNot asked: status /copied/');
  });

  it.each<[string, UiDouble, (ui: UiDouble) => Promise<unknown>, RegExp]>([
    [
      'a question too many',
      new UiDouble(),
      (ui) => ui.pick(fruit, which),
      /Not expected: pick “Which fruit\?” \(list of “Apple”/,
    ],
    [
      'another question',
      new UiDouble([{ modal: 'Pay?', answer: 'Yes' }]),
      (ui) => ui.modal('Delete?', '', 'Yes'),
      /Not expected: modal “Delete\?” \(Yes\)\n {2}next was: modal “Pay\?”/,
    ],
    [
      'another kind of question',
      new UiDouble([{ modal: 'Pay?', answer: 'Yes' }]),
      (ui) => ui.notify('warning', 'Pay?', 'Yes'),
      /Not expected: notify “Pay\?”/,
    ],
    [
      'a message of another kind',
      new UiDouble([{ notify: /Pay/, kind: 'warning', answer: 'Yes' }]),
      (ui) => ui.notify('information', 'Pay?', 'Yes'),
      /told as information, not as warning/,
    ],
    [
      'other buttons',
      new UiDouble([{ notify: /Pay/, kind: 'warning', actions: ['Yes'] }]),
      (ui) => ui.notify('warning', 'Pay?', 'Yes', 'No'),
      /offers Yes \| No, not Yes/,
    ],
    [
      'an answer that is no button',
      new UiDouble([{ modal: 'Pay?', answer: 'Yes' }]),
      (ui) => ui.modal('Pay?', '', 'No'),
      /0 buttons are “Yes”; there are No/,
    ],
    [
      'another detail',
      new UiDouble([{ modal: 'Pay?', detail: /\$5/, answer: 'Yes' }]),
      (ui) => ui.modal('Pay?', '$6', 'Yes'),
      /The detail is “\$6”/,
    ],
    [
      'another title',
      new UiDouble([{ pick: /./, title: 'Meat', answer: 'Pear' }]),
      (ui) => ui.pick(fruit, which),
      /The title is “Fruit”/,
    ],
    [
      'an item that is not there',
      new UiDouble([{ pick: /./, answer: 'Plum' }]),
      (ui) => ui.pick(fruit, which),
      /0 items are “Plum”/,
    ],
    [
      'an item that is not offered',
      new UiDouble([{ pick: /./, offers: ['Plum'], answer: 'Pear' }]),
      (ui) => ui.pick(fruit, which),
      /0 items/,
    ],
    [
      'several items',
      new UiDouble([{ pick: /./, answer: /Apple/ }]),
      (ui) => ui.pick(fruit, which),
      /2 items are \/Apple\//,
    ],
    [
      'a heading',
      new UiDouble([{ pick: /./, answer: 'Fruit' }]),
      (ui) => ui.pick([{ label: 'Fruit', kind: -1 }], which),
      /0 items are “Fruit”/,
    ],
    [
      'a text that is not taken',
      new UiDouble([{ input: /./, answer: 'x' }]),
      (ui) => ui.input({ prompt: 'p', validateInput: () => 'No.' }),
      /“x” is not taken: No\./,
    ],
    [
      'a text that should be refused',
      new UiDouble([{ input: /./, refused: [['x', /no/]], answer: 'y' }]),
      (ui) => ui.input({ prompt: 'p', validateInput: () => null }),
      /“x” should be refused with \/no\/, and is taken/,
    ],
    [
      'a text that is refused for another reason',
      new UiDouble([{ input: /./, refused: [['x', /no/]], answer: 'y' }]),
      (ui) => ui.input({ prompt: 'p', validateInput: (text) => (text === 'x' ? 'Yes.' : null) }),
      /refused with “Yes\.”/,
    ],
    [
      'a way back that is not there',
      new UiDouble([{ pick: /./, answer: BACK }]),
      (ui) => ui.pick(fruit, which),
      /no way back/,
    ],
  ])('fails on %s, at once and once more at the end', async (_what, ui, ask, why) => {
    // Whoever asks may swallow it.
    await expect(ask(ui)).rejects.toThrow(why);
    expect(() => {
      ui.done();
    }).toThrow(why);
  });

  it('fails on words that nobody expected, also where they are not waited for', () => {
    const ui = new UiDouble();
    expect(() => {
      ui.status('Deleted');
    }).toThrow(/Not expected: status “Deleted”/);
    expect(() => {
      ui.done();
    }).toThrow(/Deleted/);
  });
});
