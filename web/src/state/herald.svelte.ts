/** New events, told on whatever page is open: to screen readers always, with a toast where the page does not show them. */
import { motionApi } from '../lib/api/motion';
import { story, type Story } from '../lib/motion/events';
import { Herald } from '../lib/motion/herald';
import { app, clock } from './app.svelte';
import { keepAsking } from './changes.svelte';

const SPAN_MS = 120_000;
const FAST_MS = 5000;
const SLOW_MS = 60_000;
/** So long a toast stays. */
const STAYS_MS = 8000;

export const heard = $state<{ event: Story | null; shown: boolean; listed: boolean }>({
  /** The one that was told last; it stays for screen readers. */
  event: null,
  /** Its toast is there. */
  shown: false,
  /** The page that is open lists new events itself. */
  listed: false,
});

let timer: ReturnType<typeof setTimeout> | undefined;

export function hide(): void {
  clearTimeout(timer);
  heard.shown = false;
}

/** As long as somebody is signed in. Returns how to stop. */
export function followHerald(): () => void {
  const herald = new Herald<Story>();
  const stop = new AbortController();
  async function ask(): Promise<void> {
    if (document.hidden) return;
    const to = clock.now() + 1000;
    try {
      const page = await motionApi.events({ from: to - SPAN_MS, to, limit: 10 }, stop.signal);
      herald.learn(page.items.map(story), clock.now());
    } catch {
      // The banner about the lost recorder says it; the next turn asks again.
    }
  }
  const tell = (): void => {
    const event = herald.next(clock.now());
    if (!event || !app.cameras.some((c) => c.id === event.camera)) return;
    heard.event = event;
    heard.shown = true;
    clearTimeout(timer);
    timer = setTimeout(hide, STAYS_MS);
  };
  void ask();
  const end = keepAsking(['events'], () => void ask(), FAST_MS, SLOW_MS);
  const turn = setInterval(tell, 1000);
  return () => {
    end();
    stop.abort();
    clearInterval(turn);
    hide();
  };
}
