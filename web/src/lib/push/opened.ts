/** What an address says that a message has led to: some browsers open it themselves and ask no worker. Pure. */

/** As in `worker/messages.ts`. */
export const OPENED = 'opened=';

/** The token by which the recorder is told; null = no message has led here. */
export const openedToken = (hash: string): string | null =>
  new RegExp(`^#${OPENED}([\\w-]{1,100})$`).exec(hash)?.[1] ?? null;
