/** The phone's share sheet with the file itself, where the browser has one. */
import { request } from '../lib/api/client';
import type { Export } from '../lib/api/types';

/** A messenger takes no more, and it has to go through this page's memory. */
const MOST = 200_000_000;

export function canSend(e: Export): boolean {
  if (e.state !== 'done' || !e.file_name || (e.bytes ?? 0) > MOST || typeof navigator.canShare !== 'function')
    return false;
  return navigator.canShare({ files: [new File([], e.file_name, { type: typeOf(e.file_name) })] });
}

const typeOf = (name: string): string => (name.endsWith('.mp4') ? 'video/mp4' : 'application/zip');

/** False when the person changed their mind. */
export async function sendFile(e: Export): Promise<boolean> {
  const name = e.file_name!;
  const blob = await (await request(e.url!)).blob();
  try {
    await navigator.share({ files: [new File([blob], name, { type: typeOf(name) })], title: name });
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return false;
    throw error;
  }
}
