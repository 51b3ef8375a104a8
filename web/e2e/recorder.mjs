// The recorders and cameras behind the tests: the shared one that the run started, others that a test starts for
// itself, and the simulated cameras with their faults. What is not there (a run by hand) makes its tests skip.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const BINARY = process.env.LANEWATCH_BINARY;
const DATA = process.env.LANEWATCH_DATA;

/** The simulated cameras of this run: `cameras` ({name, main, sub}), `user`, `password`, and `control` for faults. */
export const fleet = process.env.LANEWATCH_FLEET ? JSON.parse(process.env.LANEWATCH_FLEET) : null;
/** As options of a test: it needs the simulated cameras, or a recorder of its own besides. */
export const needsFleet = { skip: fleet ? false : 'no simulated cameras; scripts/test browser has them' };
export const needsRecorder = { skip: fleet && BINARY ? false : 'no recorder program; scripts/test browser has it' };

/** A fault of a simulated camera, such as `fault('lane04', 'freeze')`. `scripts/camera-fleet faults` lists them. */
export async function fault(lane, action, args = {}) {
  const answer = await fetch(`${fleet.control}/${lane}/${action}?${new URLSearchParams(args)}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`${lane} ${action}: ${await answer.text()}`);
}

export const lane = (name) => fleet.cameras.find((c) => c.name === name);

/** A sign-in code of the shared recorder; each is good for one sign-in. The mock knows only one and never wears it out. */
export function signInCode() {
  if (process.env.LANEWATCH_CODE) return process.env.LANEWATCH_CODE;
  if (!BINARY || !DATA) return 'MOCKCODE';
  return execFileSync(BINARY, ['login-code', '--data', DATA], { encoding: 'utf8' }).trim();
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Lets what runs on this machine beside the tests be told: a push service, a broker, a mail server. */
export const LOOPBACK = '[alert]\nlocal_hosts = ["127.0.0.1"]\n';

/**
 * A recorder of a test's own, empty, on loopback. `close` ends it and removes what it wrote. `clock` shifts the wall clock
 * of its programs, as `-23h`, until it is set to null; `config` is the text of its configuration.
 */
export class Recorder {
  clock = null;

  static async start({ clock = null, config = null } = {}) {
    const r = new Recorder();
    r.clock = clock;
    r.folder = mkdtempSync(join(tmpdir(), 'lanewatch-e2e-'));
    if (config) writeFileSync((r.config = join(r.folder, 'config.toml')), config);
    r.data = join(r.folder, 'data');
    r.port = await freePort();
    r.url = `http://127.0.0.1:${r.port}`;
    await r.begin();
    return r;
  }

  /** What its programs find in their environment. The wrapper of libfaketime would stay between us and them. */
  get #env() {
    const library = `/usr/lib/${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch]}-linux-gnu/faketime/libfaketimeMT.so.1`;
    const shifted = { LD_PRELOAD: library, FAKETIME: this.clock, FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_DISABLE_SHM: '1' }; // prettier-ignore
    return this.clock ? { ...process.env, ...shifted } : process.env;
  }

  /** Runs a command on its data; what it prints. */
  tell(...args) {
    return execFileSync(BINARY, [...args, '--data', this.data], { encoding: 'utf8', env: this.#env }).trim();
  }

  async begin() {
    const log = openSync(join(this.folder, 'recorder.log'), 'a');
    const config = this.config ? ['--config', this.config] : [];
    this.process = spawn(BINARY, ['serve', '--data', this.data, ...config, '--listen', `127.0.0.1:${this.port}`], {
      stdio: ['ignore', log, log],
      env: this.#env,
    });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    let over = false;
    void this.ended.then(() => (over = true));
    while (!over) {
      const answer = await fetch(`${this.url}/api/v1/health`).catch(() => null);
      if (answer?.ok && (await answer.json()).status !== 'starting') return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the recorder ended by itself');
  }

  /** An orderly stop; the data stay. */
  async stop() {
    this.process.kill('SIGTERM');
    await this.ended;
  }

  code() {
    return this.tell('login-code');
  }

  add(camera) {
    const secret = join(this.folder, 'camera-password');
    writeFileSync(secret, fleet.password, { mode: 0o600 });
    const login = ['--username', fleet.user, '--password-file', secret];
    this.tell('camera', 'add', '--name', camera.name, '--main', camera.main, '--sub', camera.sub, ...login);
  }

  async close() {
    this.process.kill('SIGKILL');
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
