/** The player that this browser can bear. */
import { mediaSourceClass } from './mse';
import { NativePlayer } from './native';
import { PlaybackPlayer } from './playback';
import type { PlaybackOptions, Player } from './playback-types';

export const playerFor = (o: PlaybackOptions): Player =>
  mediaSourceClass() ? new PlaybackPlayer(o) : new NativePlayer(o);
