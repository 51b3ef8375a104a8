// A push service on loopback and one browser of it: takes what a recorder sends, checks who sends (RFC 8292), and opens it
// (RFC 8291) by the browser's own keys. Written against the standards, without the recorder's code.
import { createHmac, createPublicKey, createDecipheriv, createECDH, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';

const url64 = (bytes) => Buffer.from(bytes).toString('base64url');
const hmac = (key, ...parts) => parts.reduce((h, p) => h.update(p), createHmac('sha256', key)).digest();
/** One block of HKDF-SHA256 (RFC 5869): what is asked for here is never longer. */
const hkdf = (salt, secret, info, length) => hmac(hmac(salt, secret), info, Buffer.of(1)).subarray(0, length);

export class PushService {
  /** What has come, opened: {message, path, headers, at, signed}. */
  received = [];
  /** Answers the next requests otherwise: status codes, first first. */
  answers = [];
  /** Paths of browsers that are no more. */
  gone = new Set();

  static async start() {
    const s = new PushService();
    s.ecdh = createECDH('prime256v1');
    s.ecdh.generateKeys();
    s.auth = randomBytes(16);
    s.server = createServer((req, res) => void s.take(req, res));
    await new Promise((resolve) => s.server.listen(0, '127.0.0.1', resolve));
    s.origin = `http://127.0.0.1:${s.server.address().port}`;
    return s;
  }

  /** As `PushSubscription.toJSON()` of the browser. */
  subscription(name = 'e2e') {
    const keys = { p256dh: url64(this.ecdh.getPublicKey()), auth: url64(this.auth) };
    return { endpoint: `${this.origin}/push/${name}`, keys };
  }

  async take(req, res) {
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const status = this.gone.has(req.url) ? 410 : (this.answers.shift() ?? 201);
    if (status === 201) {
      const message = JSON.parse(this.open(Buffer.concat(chunks)));
      this.received.push({ message, path: req.url, headers: req.headers, at: Date.now(), signed: this.signed(req.headers.authorization) }); // prettier-ignore
    }
    res.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end();
  }

  /** Opens a body of one record (RFC 8188, aes128gcm). */
  open(body) {
    const salt = body.subarray(0, 16);
    const key = body.subarray(21, 21 + body[20]);
    const shared = this.ecdh.computeSecret(key);
    const mine = this.ecdh.getPublicKey();
    const ikm = hkdf(this.auth, shared, Buffer.concat([Buffer.from('WebPush: info\0'), mine, key]), 32);
    const cek = hkdf(salt, ikm, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
    const nonce = hkdf(salt, ikm, Buffer.from('Content-Encoding: nonce\0'), 12);
    const record = body.subarray(21 + body[20]);
    const open = createDecipheriv('aes-128-gcm', cek, nonce);
    open.setAuthTag(record.subarray(-16));
    const text = Buffer.concat([open.update(record.subarray(0, -16)), open.final()]);
    // Behind the text stand a 2 and the padding.
    return text.subarray(0, text.lastIndexOf(2)).toString();
  }

  /** The claims of a VAPID header, when its signature is right; else null. */
  signed(header = '') {
    const [, token, key] = /^vapid t=([^,]+), ?k=(.+)$/.exec(header) ?? [];
    if (!token) return null;
    const point = Buffer.from(key, 'base64url');
    const jwk = { kty: 'EC', crv: 'P-256', x: url64(point.subarray(1, 33)), y: url64(point.subarray(33)) };
    const [head, claims, signature] = token.split('.');
    const by = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
    const right = verify('sha256', Buffer.from(`${head}.${claims}`), by, Buffer.from(signature, 'base64url'));
    return right ? JSON.parse(Buffer.from(claims, 'base64url').toString()) : null;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
