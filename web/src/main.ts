/** Entry: mounts the app and lets it sign in. */
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import './state/debug';
import { start } from './state/app.svelte';

mount(App, { target: document.getElementById('app')! });
void start();
