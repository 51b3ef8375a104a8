// Development only: the live WebSocket of the mock recorder: one socket, many channels, starting from the cached GOP.
import { WebSocketServer } from 'ws';
import { FPS, LOOP_S, stamped } from './media.mjs';

const sockets = new Set();
const frozen = new Set();
const corrupt = new Set();
const BEHIND_MS = 120;

function binary(kind, ch, ms, payload) {
  const head = Buffer.alloc(12);
  head[0] = 1;
  head[1] = kind;
  head.writeUInt16BE(ch, 2);
  head.writeBigInt64BE(BigInt(Math.round(ms * 1000)), 4);
  return Buffer.concat([head, payload]);
}

/** Absolute frame number -> fragment of the loop and its time. */
function frame(track, n) {
  const per = LOOP_S * FPS;
  const loop = Math.floor(n / per);
  const f = track.fragments[n - loop * per];
  const start = loop * LOOP_S * 90000 + f.start;
  return { f, start, ms: start / 90 };
}

const newest = () => Math.floor(((Date.now() - BEHIND_MS) / 1000) * FPS) - 1;

function serve(ws, find, film) {
  const channels = new Map();
  let paused = false;
  const say = (o) => ws.readyState === 1 && ws.send(JSON.stringify(o));
  const send = (ch, c, n) => {
    const { f, start, ms } = frame(c.track, n);
    const bytes = stamped(f, start);
    // A box that claims a size it does not have: the browser's parser gives up on this buffer.
    if (corrupt.delete(c.camera.slug)) bytes.fill(255, 0, 60);
    ws.send(binary(f.key ? 1 : 2, ch, ms, bytes));
  };
  const open = (ch, camera, rendition) => {
    const track = film(camera)[rendition].live;
    const spec = camera.renditions.find((r) => r.id === rendition);
    const codec = spec.codec.startsWith('hvc1') ? spec.codec : track.codec;
    const c = { camera, rendition, track, next: 0 };
    channels.set(ch, c);
    if (camera.state !== 'live')
      return say({
        ev: 'state',
        ch,
        camera: camera.id,
        rendition,
        state: camera.state,
        reason: camera.state_reason,
        since: camera.state_since,
      });
    say({
      ev: 'open',
      ch,
      camera: camera.id,
      rendition,
      mime: `video/mp4; codecs="${codec}"`,
      width: spec.width,
      height: spec.height,
    });
    ws.send(binary(0, ch, Date.now(), track.init));
    const last = newest();
    c.next = last;
    while (!frame(track, c.next).f.key) c.next--;
  };
  ws.on('message', (raw) => {
    const m = JSON.parse(raw);
    if (m.op === 'sub') {
      const camera = find(m.camera);
      return camera ? open(m.ch, camera, m.rendition) : say({ ev: 'error', ch: m.ch, code: 'not_found' });
    }
    if (m.op === 'switch') return open(m.ch, channels.get(m.ch).camera, m.rendition);
    if (m.op === 'unsub') return channels.delete(m.ch);
    if (m.op === 'topics') return m.topics.length ? say({ ev: 'topics', id: 'mock.0' }) : undefined;
    paused = m.op === 'pause';
    if (m.op === 'resume') for (const [ch, c] of [...channels]) open(ch, c.camera, c.rendition);
  });
  const pump = setInterval(() => {
    const last = newest();
    for (const [ch, c] of channels) {
      if (c.camera.state !== 'live' || paused || frozen.has(c.camera.slug)) continue;
      if (last - c.next > FPS * LOOP_S) c.next = last;
      while (c.next <= last) send(ch, c, c.next++);
    }
  }, 20);
  const clock = setInterval(() => say({ ev: 'time', now: new Date().toISOString() }), 10_000);
  ws.on('close', () => (clearInterval(pump), clearInterval(clock), sockets.delete(ws)));
  sockets.add(ws);
  say({ ev: 'hello', now: new Date().toISOString() });
}

export const live = {
  attach(server, cameras, film, signedIn) {
    const wss = new WebSocketServer({ noServer: true, handleProtocols: () => 'nvr.live.v1' });
    const find = (id) => cameras.find((c) => c.id === id || c.slug === id);
    server.on('upgrade', (req, socket, head) => {
      if (!req.url.startsWith('/api/v1/live') || !signedIn(req)) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      wss.handleUpgrade(req, socket, head, (ws) => serve(ws, find, film));
    });
  },
  broadcast: (o) => sockets.forEach((ws) => ws.send(JSON.stringify(o))),
  knob(word) {
    const [what, ...slug] = word.split('-');
    if (what === 'freeze') frozen.add(slug.join('-'));
    if (what === 'thaw') frozen.delete(slug.join('-'));
    if (what === 'corrupt') corrupt.add(slug.join('-'));
    if (what === 'change')
      live.broadcast({ ev: 'change', id: `mock.${Date.now()}`, topic: slug.join('-'), data: { what: 'began' } });
    if (what === 'cut') sockets.forEach((ws) => ws.terminate());
  },
};
