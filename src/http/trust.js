// The check of /trust: asks the recorder over HTTPS whether it can be heard, which a browser allows only when it trusts it.
'use strict';
const box = document.getElementById('check');
const again = document.getElementById('again');

function say(state) {
  for (const part of box.querySelectorAll('[data-state]')) part.hidden = part.dataset.state !== state;
  again.hidden = state === 'asking' || state === 'good';
}

async function heard(there) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 8000);
  try {
    const answer = await fetch(there + '/trust/check', { cache: 'no-store', signal: stop.signal });
    return answer.ok && (await answer.json()).https === true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Somebody may have clicked past a warning: then fetching works and a service worker does not. */
async function trusted() {
  if (location.protocol !== 'https:' || !navigator.serviceWorker) return true;
  try {
    const worker = await navigator.serviceWorker.register('/trust/worker.js', { scope: '/trust/' });
    await worker.unregister();
    return true;
  } catch {
    return false;
  }
}

async function check() {
  say('asking');
  if (!(await heard(box.dataset.there))) say('bad');
  else say((await trusted()) ? 'good' : 'clicked');
}

if (box) {
  again.addEventListener('click', check);
  // Back from the settings: look by itself.
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && check());
  check();
}
