/**
 * CPU milliseconds of this process so far, threads included. The difference of two says what something costs; unlike the
 * clock it does not move when the machine does other work.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
