/** As on a phone: one bar of pages at the bottom, and none at the top. */
import { MediaQuery } from 'svelte/reactivity';

export const narrow = new MediaQuery('(max-width: 720px)');
