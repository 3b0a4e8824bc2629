/** Asks every few milliseconds until it holds, and gives the seconds it took. Rejects after `seconds`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 250): Promise<number> {
  const start = performance.now();
  while (!(await holds())) {
    if (performance.now() - start > seconds * 1000) throw new Error(`not reached in ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return (performance.now() - start) / 1000;
}
