/** Colours of the theme for a canvas, where CSS does not reach. */
export function inksOf<T extends string>(at: Element, tokens: Record<T, string>): Record<T, string> {
  const style = getComputedStyle(at);
  const names = Object.keys(tokens) as T[];
  return Object.fromEntries(names.map((n) => [n, style.getPropertyValue(tokens[n])])) as Record<T, string>;
}
