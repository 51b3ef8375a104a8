/** Entry: mounts the app and lets it sign in. */
import './theme.css';
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import './state/debug';
import './state/install.svelte';
import './state/theme.svelte';
import { start } from './state/app.svelte';
import { wordsReady } from './state/i18n.svelte';
import { openPending, sayOpened, startWorker } from './state/worker.svelte';

sayOpened();
void openPending().then(start);
void wordsReady().then(() => mount(App, { target: document.getElementById('app')! }));

/** The first pictures have come by then. */
const PICTURES_MS = 4000;
addEventListener('load', () => setTimeout(startWorker, PICTURES_MS));
