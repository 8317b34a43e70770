/** Tells by its name whether a file may hold curves: result files and exports (CSV), and the state of a Hugging Face trainer. */
export function isCurveName(name: string): boolean {
  return /\.csv$/i.test(name) || /(?:^|[\\/])trainer_state\.json$/i.test(name);
}
