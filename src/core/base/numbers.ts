// Numbers as the product writes them: in English, like its sentences, whatever the locale of the machine.

// Made on first use: loading the locale data takes 5 MB in every process, and most of them write no number.
let whole: Intl.NumberFormat | undefined;
let hundredths: Intl.NumberFormat | undefined;

/** Rounds to a whole number and groups its digits: 46018 → `46,018`. */
export function count(value: number): string {
  whole ??= formatOf(0);
  return whole.format(value);
}

/** Rounds to two decimals and groups the digits before them: 1234.5 → `1,234.50`. */
export function twoDecimals(value: number): string {
  hundredths ??= formatOf(2);
  return hundredths.format(value);
}

/** Puts the noun in the number's form: `1 row`, `2,000 rows`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function formatOf(decimals: number): Intl.NumberFormat {
  // A small negative number may come to minus zero, which is written without its sign.
  const signDisplay = 'negative';
  return new Intl.NumberFormat('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay,
  });
}
