// Numbers as the product writes them: in English, like its sentences, whatever the locale of the machine.

/** Writes 0 for minus zero, which a rounded small number may come to. */
const signDisplay = 'negative';
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0, signDisplay });
const hundredths = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay,
});

/** Rounds to a whole number and groups its digits: 46018 → `46,018`. */
export function count(value: number): string {
  return whole.format(value);
}

/** Rounds to two decimals and groups the digits before them: 1234.5 → `1,234.50`. */
export function twoDecimals(value: number): string {
  return hundredths.format(value);
}

/** Puts the noun in the number's form: `1 row`, `2,000 rows`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
