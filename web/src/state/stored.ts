/** What this machine remembers of how somebody likes it; where storage is forbidden it lasts as long as the page. */
export function recall<T>(name: string, fallback: T, fits: (x: unknown) => x is T): T {
  try {
    const x: unknown = JSON.parse(localStorage.getItem(`lanewatch.${name}`) ?? 'null');
    return fits(x) ? x : fallback;
  } catch {
    return fallback;
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(`lanewatch.${name}`, JSON.stringify(value));
  } catch {
    // See above.
  }
}
