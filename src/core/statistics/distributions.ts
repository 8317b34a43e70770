// Distribution functions with some 14 digits; simple-statistics has four in its normal table and no Student's t.
// Methods: Stirling's series (ln Γ), continued fraction of Lentz (incomplete beta), bisection (quantiles). Compared with jstat on a grid.

const SQRT_2PI = Math.sqrt(2 * Math.PI);
const TINY = 1e-300;
const EPSILON = 1e-16;
const MOST_STEPS = 10_000;

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  let product = 1;
  let y = x;
  while (y < 10) product *= y++;
  return (y - 0.5) * Math.log(y) - y + Math.log(SQRT_2PI) + stirlingRest(y) - Math.log(product);
}

/** ln B(a, b) without the cancellation of large ln Γ. */
function logBeta(a: number, b: number): number {
  const p = Math.min(a, b);
  const q = Math.max(a, b);
  if (q < 10) return logGamma(p) + logGamma(q) - logGamma(p + q);
  const share = p / (p + q);
  if (p < 10) {
    return (
      logGamma(p) + stirlingRest(q) - stirlingRest(p + q) + p - p * Math.log(p + q) + (q - 0.5) * Math.log1p(-share)
    );
  }
  const rest = stirlingRest(p) + stirlingRest(q) - stirlingRest(p + q);
  return -0.5 * Math.log(q) + Math.log(SQRT_2PI) + rest + (p - 0.5) * Math.log(share) + q * Math.log1p(-share);
}

/** What Stirling's formula lacks of ln Γ(x), for x ≥ 10. */
function stirlingRest(x: number): number {
  const y = 1 / (x * x);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - (y * 691) / 360_360))))) / x;
}

/** Regularized incomplete beta function I(x; a, b) for a, b > 0 and x in 0…1. `rest`: 1 − x where it is known better than by subtraction. */
export function incompleteBeta(x: number, a: number, b: number, rest = 1 - x): number {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  const logX = x < 0.5 ? Math.log(x) : Math.log1p(-rest);
  const logRest = rest < 0.5 ? Math.log(rest) : Math.log1p(-x);
  const front = Math.exp(a * logX + b * logRest - logBeta(a, b));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(rest, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= MOST_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const change = d * c;
    result *= change;
    if (Math.abs(change - 1) < EPSILON) break;
  }
  return result;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** Probability that Student's t with `df` degrees of freedom is above |t| in either direction. */
export function studentTwoSided(t: number, df: number): number {
  if (Number.isNaN(t)) return NaN;
  return incompleteBeta(1 / (1 + (t * t) / df), df / 2, 0.5, 1 / (1 + df / (t * t)));
}

/** Probability that Student's t is at most `t`. */
export function studentCdf(t: number, df: number): number {
  const tail = studentTwoSided(t, df) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** Quantile of Student's t: the value below which it is with probability `p` (0 < p < 1). */
export function studentQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentQuantile(1 - p, df);
  const tail = 2 * (1 - p);
  return invert((t) => studentTwoSided(t, df), tail, Math.abs(normalQuantile(p)));
}

/** Probability that a standard normal value is at most `z`. */
export function normalCdf(z: number): number {
  return z < 0 ? upperTail(-z) : 1 - upperTail(z);
}

/** Upper tail of the standard normal distribution for z ≥ 0: a series below 2.5, a continued fraction above. */
function upperTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let k = 1; Math.abs(term) > 1e-18; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = 200; k >= 1; k--) fraction = z + k / fraction;
  return density / fraction;
}

/** Quantile of the standard normal distribution (0 < p < 1). */
export function normalQuantile(p: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -normalQuantile(1 - p);
  return invert((z) => 2 * upperTail(z), 2 * (1 - p), 1);
}

/** Finds t ≥ 0 with `tail(t) = target`, for a tail that falls from 1 to 0. */
function invert(tail: (t: number) => number, target: number, start: number): number {
  let low = 0;
  let high = Math.max(start, 1);
  while (tail(high) > target) {
    low = high;
    high *= 2;
    if (high > 1e300) return Infinity;
  }
  // Bisection on the logarithm of the tail would gain little: 200 halvings always reach the last digit.
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (tail(middle) > target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability of at most `k` successes in `n` trials of probability `p`. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incompleteBeta(1 - p, n - k, k + 1);
}

/** Probability of exactly `k` successes in `n` trials of probability `p`, 0 < p < 1. */
export function binomialDensity(k: number, n: number, p: number): number {
  return Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}
