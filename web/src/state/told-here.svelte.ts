/** The recorder's name for this browser's subscription, never its address; empty where alerts are not on. */
import { recall, remember } from './stored';

const KEPT = 'push';
let id = $state(recall(KEPT, '', (x: unknown): x is string => typeof x === 'string'));

export const toldHere = {
  get id(): string {
    return id;
  },
  set id(to: string) {
    id = to;
    remember(KEPT, to);
  },
};
