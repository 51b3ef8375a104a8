/** One's password, asked for once more before what could do harm; several requests that wait for it share the one question. */
import { whenPasswordNeeded } from '../lib/api/client';

export const proof = $state<{
  /** Answers the question that is asked; null = none is. */
  asked: ((proven: boolean) => void) | null;
}>({ asked: null });

let answer: Promise<boolean> | null = null;
whenPasswordNeeded(() => {
  answer ??= new Promise<boolean>((resolve) => (proof.asked = resolve)).finally(() => {
    proof.asked = null;
    answer = null;
  });
  return answer;
});
