/** Keyboard shortcuts are off while someone types or a dialog is open. */
export function shortcutsOff(e: KeyboardEvent): boolean {
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return true;
  const el = e.target as Element | null;
  return !!el?.closest?.('input, select, textarea, dialog, [contenteditable]');
}
