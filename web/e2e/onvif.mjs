// ONVIF in front of simulated cameras: answers WS-Discovery on loopback, and says which streams a camera has to whoever
// shows that they know its password (WS-UsernameToken). As much of it as a recorder asks for.
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';

const GROUP = '239.255.255.250';
const PORT = 3702;
const wrap = (body) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`;
const element = (text, name) => new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(text)?.[1] ?? '';

function knows(text, { user, password }) {
  const [nonce, created, digest] = ['Nonce', 'Created', 'Password'].map((name) => element(text, name));
  const made = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(password);
  return element(text, 'Username') === user && digest === made.digest('base64');
}

/** What a camera answers; the addresses lead nowhere but for their ports, as behind a router. */
function answer(text, camera, login) {
  if (text.includes('GetSystemDateAndTime')) {
    const now = new Date();
    return `<SystemDateAndTime><UTCDateTime><Time><Hour>${now.getUTCHours()}</Hour><Minute>${now.getUTCMinutes()}</Minute><Second>${now.getUTCSeconds()}</Second></Time><Date><Year>${now.getUTCFullYear()}</Year><Month>${now.getUTCMonth() + 1}</Month><Day>${now.getUTCDate()}</Day></Date></UTCDateTime></SystemDateAndTime>`;
  }
  if (!knows(text, login)) return null;
  if (text.includes('GetDeviceInformation')) return '<Manufacturer>Hamlet</Manufacturer><Model>L-1</Model>';
  if (text.includes('GetCapabilities')) return '<Media><XAddr>http://192.0.2.1/onvif/media</XAddr></Media>';
  if (text.includes('GetProfiles')) {
    const profile = (token, width, height) =>
      `<Profiles token="${token}"><Name>${token}</Name><VideoEncoderConfiguration><Resolution><Width>${width}</Width><Height>${height}</Height></Resolution></VideoEncoderConfiguration></Profiles>`;
    return profile('main', 1920, 1080) + profile('sub', 640, 360);
  }
  const address = new URL(camera[element(text, 'ProfileToken')].replace('rtsp:', 'http:'));
  return `<MediaUri><Uri>rtsp://192.0.2.1:${address.port}${address.pathname}</Uri></MediaUri>`;
}

/** Cameras of the fleet as ONVIF cameras: `addresses` in their order, and `close`. */
export async function onvifCameras(cameras, login) {
  const servers = [];
  for (const camera of cameras) {
    const server = createServer((req, res) => {
      let text = '';
      req.setEncoding('utf8').on('data', (part) => (text += part));
      req.on('end', () => {
        const said = answer(text, camera, login);
        const fault = '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault>'; // prettier-ignore
        res.writeHead(said === null ? 400 : 200, { 'content-type': 'application/soap+xml' }).end(wrap(said ?? fault));
      });
    });
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    servers.push(server);
  }
  const addresses = servers.map((s) => `127.0.0.1:${s.address().port}`);
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  await new Promise((bound) => socket.bind(PORT, GROUP, bound));
  socket.addMembership(GROUP, '127.0.0.1');
  socket.on('message', (question, from) => {
    if (!question.includes('NetworkVideoTransmitter')) return;
    for (const address of addresses) {
      const match = `<ProbeMatches><ProbeMatch><Scopes>onvif://www.onvif.org/name/Hamlet onvif://www.onvif.org/hardware/L-1</Scopes><XAddrs>http://${address}/onvif/device_service</XAddrs></ProbeMatch></ProbeMatches>`;
      socket.send(wrap(match), from.port, from.address);
    }
  });
  const close = () => {
    socket.close();
    for (const server of servers) server.close();
  };
  return { addresses, close };
}
