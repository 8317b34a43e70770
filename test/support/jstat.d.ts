// The part of jstat that the tests compare with; the package has no types.
declare module 'jstat' {
  const jStat: {
    gammaln(x: number): number;
    ibeta(x: number, a: number, b: number): number;
    studentt: { cdf(x: number, df: number): number; inv(p: number, df: number): number };
    normal: { cdf(x: number, mean: number, sd: number): number; inv(p: number, mean: number, sd: number): number };
    binomial: { cdf(k: number, n: number, p: number): number; pdf(k: number, n: number, p: number): number };
  };
  // eslint-disable-next-line no-restricted-syntax -- the package exports it so
  export default jStat;
}
