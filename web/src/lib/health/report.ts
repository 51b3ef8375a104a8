/** The report that is copied for the IT officer: how the recorder does, as lines of text. Pure. */

export interface ReportPart {
  title: string;
  lines: readonly string[];
}

/** `head` first, then each part that has lines: its title, its lines below with a dash. */
export function report(head: readonly string[], parts: readonly ReportPart[], more: (n: number) => string): string {
  const MOST = 25;
  const blocks = parts
    .filter((p) => p.lines.length)
    .map((p) => {
      const rest = p.lines.length - MOST;
      const shown = p.lines.slice(0, MOST).map((l) => `- ${l.replace(/\s+/g, ' ').trim()}`);
      return [p.title, ...shown, ...(rest > 0 ? [`- ${more(rest)}`] : [])].join('\n');
    });
  return [head.join('\n'), ...blocks].join('\n\n') + '\n';
}
