/** Handing something over: text to the clipboard, an address or a file to the share sheet of this machine. */
import { request } from '../lib/api/client';
import { Sender, typeOf, type Parcel, type Progress } from '../lib/share/send';

/** False when the browser lets nobody copy. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not on an address without TLS: there the old way, from a field that is gone at once.
    const focused = document.activeElement as HTMLElement | null;
    const field = document.createElement('textarea');
    field.className = 'sr-only';
    field.readOnly = true;
    field.value = text;
    // Beside an open dialog nothing can be selected.
    (document.querySelector('dialog[open]') ?? document.body).append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    focused?.focus({ preventScroll: true });
    return copied;
  }
}

/** This machine has a share sheet for addresses. */
export const sharesLinks = (): boolean => typeof navigator.share === 'function';

/** The address of a moment, by the share sheet where there is one, else by the clipboard. `by hand`: neither would. */
export async function shareLink(url: string, title: string): Promise<'shared' | 'copied' | 'by hand'> {
  if (sharesLinks()) {
    try {
      await navigator.share({ url, title });
      return 'shared';
    } catch (e) {
      if (e instanceof DOMException && e.name === 'AbortError') return 'shared';
      // A share sheet that does not open: the clipboard is left.
    }
  }
  return (await copyText(url)) ? 'copied' : 'by hand';
}

/** A path of this app as it is sent to somebody. */
export const address = (path: string): string => new URL(path, location.origin).href;

/** This machine has a share sheet for files of this kind. */
export const sharesFiles = (name: string): boolean =>
  typeof navigator.canShare === 'function' &&
  navigator.canShare({ files: [new File([], name, { type: typeOf(name) })] });

export const sender = (parcel: Parcel, changed: (p: Progress) => void): Sender =>
  new Sender(
    parcel,
    {
      get: (url, signal) => request(url, { signal }),
      share: (file) => navigator.share({ files: [file], title: file.name }),
      // Where a browser does not tell, a second press is asked for.
      pressed: () => navigator.userActivation?.isActive ?? false,
    },
    changed,
  );
