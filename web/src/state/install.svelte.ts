/** Putting the app on the home screen, where the browser lets a page offer it. */
interface Prompt extends Event {
  prompt(): Promise<unknown>;
}

export const install = $state<{ offered: boolean; done: boolean }>({
  offered: false,
  done: matchMedia('(display-mode: standalone)').matches,
});
let kept: Prompt | null = null;

addEventListener('beforeinstallprompt', (e) => {
  // The browser's own bar would come while somebody watches.
  e.preventDefault();
  kept = e as Prompt;
  install.offered = true;
});
addEventListener('appinstalled', () => {
  install.done = true;
  install.offered = false;
});

/** After a tap. */
export async function installNow(): Promise<void> {
  await kept?.prompt();
  kept = null;
  install.offered = false;
}
