/** What is done with a message that has come: its words, that they were shown, its picture. The browser comes in as `Hands`. */
import { isDeclared, isThere, options, received, receiptOf, type Pushed, type Receipt } from './messages';

export interface Hands {
  origin: string;
  show(title: string, options: NotificationOptions): Promise<unknown>;
  /** What stands there under a tag. */
  shown(tag: string): Promise<readonly { tag: string; title: string; body: string }[]>;
  say(receipt: Receipt | null, withinMs: number): Promise<unknown>;
  /** Null: there is none, or none can be shown here. */
  picture(event: string): Promise<string | null>;
}

/**
 * Longest waits for the browser and for the recorder. An iPhone shows nothing at all of a message whose worker is not done
 * within ten seconds, and until then waits with the words.
 */
export const SHOW_MS = 2000;
export const SAY_MS = 4000;

/** Never fails: nobody is there to be told. */
export async function present(pushed: Pushed, hands: Hands): Promise<void> {
  const message = received(pushed);
  const show = (picture: string | null): Promise<boolean> =>
    Promise.race([
      hands.show(message.title, options(message, picture, hands.origin)).then(
        () => true,
        () => false,
      ),
      // One that does not answer has not refused.
      new Promise<true>((done) => setTimeout(() => done(true), SHOW_MS)),
    ]);
  // The words at once, from what came; nothing else has to arrive.
  const taken = await show(null);
  // Refused, a declarative message is shown by the browser itself; of any other nothing is there to be told of.
  if (!taken && !isDeclared(pushed)) return;
  const event = taken ? message.own?.event : null;
  const [image] = await Promise.all([
    event ? hands.picture(event) : null,
    hands.say(receiptOf(message, 'shown'), SAY_MS),
  ]);
  if (!image) return;
  const still = await hands.shown(message.tag).catch(() => []);
  // Whoever has put it away or answered it does not get it again.
  if (isThere(message, still)) await show(image);
}
