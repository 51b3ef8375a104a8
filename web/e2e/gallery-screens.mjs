// Every screen of the gallery and the states in which it looks different. Loaded is how it is used; a page that shows
// nothing of the recorder has no empty one, a sheet over a page is offline and in error as its page is.
const CAMERA = 'ngo-7-cong-dinh';
const TILE = '[data-tile][data-state="live"]';
const ALL = ['loaded', 'empty', 'error', 'offline'];
const FAILS = ['loaded', 'error', 'offline'];
/** Before the run began, as the mock's past is: its cameras were away nine minutes before. */
const BEGAN = Math.floor(Date.now() / 1000) * 1000;
const stamp = (minutes) => new Date(BEGAN - minutes * 60_000).toISOString();
const ago = (minutes) => encodeURIComponent(stamp(minutes));
const back = () => `/c/${CAMERA}?t=${ago(15)}`;
const PLAYS = '[data-stage=playback][data-state=playing]';

const click = (selector) => (page) => page.locator(selector).first().click();
const press = (...keys) => async (page) => { for (const key of keys) await page.keyboard.press(key); }; // prettier-ignore
const fill = (selector, text) => (page) => page.fill(selector, text);
const choose = (selector, value) => (page) => page.selectOption(selector, value);
const see = (selector) => (page) => page.waitForSelector(selector, { timeout: 30_000 });
const write = (text) => (page) => page.keyboard.type(text);
const tab = (n) => (page) => page.locator('[role=tab]').nth(n).click();
/** The other device may have done it before. */
const clear = (action) => async (page) => {
  const button = page.locator(`[data-action=${action}][aria-pressed=true]`);
  if (await button.count()) await button.click();
};
const scroll = (selector) => (page) => page.locator(selector).last().scrollIntoViewIfNeeded();

const setup = (step, more = {}) => ({ 'GET site': { name: 'Thôn Đông', time_zone: 'Asia/Ho_Chi_Minh', words: { lane: 'Ngõ' }, setup_step: step }, ...more }); // prettier-ignore
const NOBODY = { items: [], next_cursor: null };
const ME = { name: 'admin', display_name: '', role: 'admin', rights: ['live', 'playback', 'settings'], cameras: null, full_cameras: null, password_set: false, locale: 'vi', phone: '' }; // prettier-ignore
const FIRST = { password_set: false, time_zone: 'Asia/Ho_Chi_Minh', site_name: '', version: '0.1.0-mock' };
const failed = (status, code, params = {}) => ({
  status,
  problem: { title: code, status, detail: code, code, params },
});
const wizard = (step, more) => ({ path: '/setup', answers: setup(step, more), shown: `[data-step=${step}]` });
const dark = (items) => items.map((c) => ({ ...c, state: 'offline', state_reason: { code: 'unreachable', message: '' }, recording: false })); // prettier-ignore
const sheet = (path, shown, steps, more = {}) => ({ path, shown, steps, states: ['loaded'], ...more });

/**
 * `shown`: what stands there before `steps`. `states`: those worth a picture. `answers`: by method and path, instead of
 * the mock's; a function makes one of the mock's. `only`: the device that has it. `kind`: what must answer in an error.
 * `theme`: other colours than the dark ones.
 */
export const SCREENS = {
  // Sign-in and beginning
  login: { path: '/login', signedOut: true, shown: '#secret', states: ['loaded', 'offline'] },
  'login-wrong': sheet('/login', '#secret', [fill('#secret', 'không phải'), press('Enter'), see('[aria-invalid=true]')], { signedOut: true }), // prettier-ignore
  'login-code': sheet('/login', '#secret', [click('.other')], { signedOut: true }),
  'login-first': sheet('/login', '#secret', [], { signedOut: true, answers: { 'GET setup': FIRST } }),
  'login-too-many': sheet('/login', '#secret', [fill('#secret', 'x'), press('Enter'), see('[aria-invalid=true]')], { signedOut: true, answers: { 'POST session': failed(429, 'too_many') } }), // prettier-ignore
  'login-code-used': sheet('/#code=XXXX-WRONG', '#secret', [], { signedOut: true }),
  unreachable: sheet('/', '[data-offline]', [], { answers: { 'GET setup': 'away' } }),

  // Live
  wall: { path: '/', shown: TILE, states: ALL },
  'wall-1+5': sheet('/', TILE, [choose('[data-action=layout]', '1+5')], { only: 'pc' }),
  'wall-2x2': sheet('/', TILE, [choose('[data-action=layout]', '2x2')], { only: 'pc' }),
  'wall-3x3-turning': sheet('/', TILE, [choose('[data-action=layout]', '3x3'), click('[data-action=carousel]')], { only: 'pc' }), // prettier-ignore
  'wall-5x4': sheet('/', TILE, [choose('[data-action=layout]', '5x4'), see('[data-spot]')], { only: 'pc' }),
  'wall-kiosk': sheet('/', TILE, [click('[data-action=kiosk]')], { only: 'pc' }),
  'wall-area': sheet('/', TILE, [(page) => page.getByRole('button', { name: 'Xóm dưới' }).click()]),
  'wall-arrange': sheet('/', TILE, [click('[data-action=arrange]')], { only: 'pc' }),
  'wall-saver': sheet('/', TILE, [click('[data-action=saver]')]),
  'wall-dark': sheet('/', '[data-tile]', [], { answers: { 'GET cameras': (b) => ({ ...b, items: dark(b.items) }) } }),
  'wall-first-run': sheet('/', 'main h1', [see('.banner')], { answers: setup('site', { 'GET me': ME, 'GET cameras': NOBODY }) }), // prettier-ignore
  'wall-unfinished': sheet('/', TILE, [see('.banner')], { answers: setup('proof', { 'GET me': ME }) }),
  layouts: sheet('/', TILE, [click('[data-action=layouts]'), see('dialog[open]')], { only: 'pc' }),
  enlarged: { path: `/?c=${CAMERA}`, shown: '.tile.focused[data-state="live"]', states: ['loaded', 'offline'] },
  'enlarged-dark': sheet('/?c=ngo-12', '.tile.focused', []),
  camera: { path: `/c/${CAMERA}`, shown: '[data-stage=live][data-state=live]', states: FAILS, kind: 'camera' },
  'camera-enlarged': sheet(`/c/${CAMERA}`, '[data-stage=live][data-state=live]', [click('[data-action=zoom-in]')]),
  'camera-dark': sheet('/c/ngo-12', '[data-stage=live]', [see('.notice')]),
  'camera-unknown': sheet('/c/khong-co', 'main', []),

  // Playback
  playback: { path: back, shown: PLAYS, states: ALL, kind: 'camera' },
  'playback-list': sheet(back, PLAYS, [tab(1)]),
  'playback-kept': sheet(back, PLAYS, [tab(2)], { states: FAILS, kind: 'camera' }),
  'playback-kept-some': sheet(back, PLAYS, [tab(2), fill('#pane input', 'Xe lạ dừng trước cổng đình'), click('[data-action=lock]'), see('[data-kept=lock]'), click('[data-action=bookmark]'), see('[data-kept=bookmark]')]), // prettier-ignore
  'playback-kept-note': sheet(back, PLAYS, [tab(2), click('[data-action=bookmark]'), see('[data-kept=bookmark]'), click('[data-action=edit-note]')]), // prettier-ignore
  'playback-details': sheet(back, PLAYS, [tab(3)]),
  'playback-marked': sheet(back, PLAYS, [press('[', 'ArrowRight'), see(PLAYS), press(']')]),
  gap: sheet(`/c/${CAMERA}?t=2020-01-01T00:00:00Z`, '[data-notice=gap]', []),
  'gap-day': sheet(`/c/${CAMERA}?t=2020-01-09T10:00:00Z`, '[data-notice=gap]', [see('[data-near-day]')], { answers: { 'GET days': { items: [{ date: '2020-01-05', seconds: 7200, cameras_with_footage: 1, events: 3, alerts_unseen: 1 }, { date: '2020-01-11', seconds: 7200, cameras_with_footage: 1, events: 3, alerts_unseen: 1 }] } } }), // prettier-ignore
  'playback-send': sheet(back, PLAYS, [click('[data-action=send-moment]'), see('[data-sheet=send]')]),
  export: sheet(back, PLAYS, [press('e'), see('[data-estimate]:not([data-estimate=""])')]),
  'export-many': sheet(back, PLAYS, [press('e'), see('[data-estimate]:not([data-estimate=""])'), click('dialog summary')]), // prettier-ignore
  'export-wrong': sheet(back, PLAYS, [press('e'), see('[data-sheet=export]'), fill('[data-field=to]', '01/01/2020 10:00:00'), see('.estimate .warn')]), // prettier-ignore
  'export-fails': sheet(back, PLAYS, [press('e'), see('.estimate .error-text')], { answers: { 'POST exports:estimate': failed(503, 'unavailable') } }), // prettier-ignore
  'export-begun': sheet(back, PLAYS, [press('e'), see('[data-estimate]:not([data-estimate=""])'), click('[data-action=begin-export]')]), // prettier-ignore

  // Exports
  exports: { path: '/exports', shown: '[data-export]', states: ALL },
  'exports-partly': sheet('/exports', '[data-export]', [click('summary.warn')]),
  share: sheet('/exports', '[data-export]', [(page) => page.locator('[data-action=share]').nth(0).click(), see('[data-sheet=share]')]), // prettier-ignore
  'share-made': sheet('/exports', '[data-export]', [click('[data-action=share]'), click('[data-action=make-link]'), see('[data-link]')]), // prettier-ignore
  'export-remove': sheet('/exports', '[data-export]', [click('[data-action=remove]'), see('dialog[open]')]),

  // Several at one clock
  sync: { path: () => `/sync?t=${ago(15)}`, shown: '[data-sync-stage=playing]', states: FAILS, kind: 'camera' },
  'sync-nine': sheet(() => `/sync?c=cong-lang,ngo-1-dinh,ngo-2-gieng,ngo-3-nha-van-hoa,ngo-4,ngo-5-truong-mam-non,ngo-6-cho,ngo-7-cong-dinh,ngo-8-ao-ca&t=${ago(15)}`, '[data-sync-stage=playing]', []), // prettier-ignore
  'sync-one': sheet(() => `/sync?c=cong-lang,ngo-1-dinh,ngo-2-gieng&t=${ago(15)}&big=ngo-1-dinh`, '[data-sync-stage=playing]', []), // prettier-ignore
  'sync-export': sheet(() => `/sync?c=cong-lang,ngo-1-dinh&t=${ago(15)}`, '[data-sync-stage=playing]', [press('e'), see('[data-estimate]:not([data-estimate=""])')]), // prettier-ignore
  'sync-gap': sheet(() => `/sync?c=cong-lang,ngo-1-dinh&t=${ago(20 * 24 * 60)}`, '[data-notice=none]', []),
  'sync-choose': sheet(() => `/sync?t=${ago(15)}`, '[data-sync-stage=playing]', [(page) => page.locator('aside').getByText('Camera').first().click().catch(() => {})]), // prettier-ignore

  // Events
  events: { path: '/events', shown: 'main img', states: ALL },
  'events-unseen': sheet('/events?seen=0', 'main img', []),
  'events-filtered': sheet('/events?kind=tamper&c=ngo-14&when=night', '[data-empty], [data-card]', []),
  'events-quiet': sheet('/events?c=ngo-7-cong-dinh', '[data-empty]', [], { answers: { 'GET events': NOBODY } }),
  'events-many': sheet('/events', 'main img', [], { answers: { 'GET events:count': (b) => ({ ...b, unseen: 4711, events: 9000, cameras: b.cameras.map((c) => ({ ...c, unseen: 1234 })) }) } }), // prettier-ignore
  'events-undo': sheet('/events', 'main img', [click('[data-card] [data-action=seen]')]),
  'events-handle': sheet('/events', 'main img', [click('[data-card] [data-action=handled]'), see('dialog[open]')]),
  event: { path: (known) => `/e/${known.event}`, shown: '[data-event-page]', states: FAILS },
  'event-handled': sheet((known) => `/e/${known.event}`, '[data-event-page]', [clear('handled'), clear('false-alarm'), click('[data-action=handled]'), see('dialog[open]'), fill('dialog textarea', 'Đã ra xem, người nhà đi làm đồng về'), click('[data-action=save-handled]'), click('[data-action=false-alarm]')]), // prettier-ignore
  'event-lasting': sheet((known) => `/e/${known.event}`, '[data-shows=live]', [], { answers: { 'GET events': (b) => (b.items ? b : { ...b, to: null }) } }), // prettier-ignore
  'event-send': sheet((known) => `/e/${known.event}`, '[data-event-page]', [click('[data-action=send-event]'), see('[data-sheet=send]')]), // prettier-ignore
  'events-beside': sheet((known) => `/events?e=${known.event}`, 'main img', [see('[data-beside-list] video')], { only: 'pc' }), // prettier-ignore
  'events-choose': sheet('/events', 'main img', [click('[data-action=choose]'), (page) => page.locator('[data-card] input').first().check()]), // prettier-ignore
  'event-gone': sheet('/e/018f0000-0000-7000-8005-00018f000000', 'main [role=alert]', []),

  // Areas and search
  zones: { path: '/c/ngo-1-dinh/zones', shown: '[data-area]', states: FAILS, kind: 'camera' },
  'zones-none': sheet('/c/cong-lang/zones', '[data-action=add-alert]', []),
  'zones-drawing': sheet('/c/cong-lang/zones', '[data-action=add-alert]', [click('[data-action=add-alert]')]),
  'zones-preview': sheet('/c/ngo-1-dinh/zones', '[data-area]', [(page) => page.locator('aside li button, aside .areas button').first().click().catch(() => {})]), // prettier-ignore
  search: { path: `/c/${CAMERA}/search`, shown: 'main h1', states: ['loaded', 'offline'] },
  'search-found': sheet(`/c/${CAMERA}/search`, 'main h1', [click('[data-action=search]'), see('[data-hit]')]),
  'search-nothing': sheet(`/c/${CAMERA}/search`, 'main h1', [click('[data-action=search]'), see('[data-empty]')], { answers: { 'GET motion-searches/results': () => ({ items: [], state: 'done', scanned_until: stamp(0), next_cursor: null }) } }), // prettier-ignore
  'search-fails': sheet(`/c/${CAMERA}/search`, 'main h1', [click('[data-action=search]'), see('main [role=alert]')], { answers: { 'POST motion-searches': failed(503, 'unavailable') } }), // prettier-ignore
  'search-own': sheet(`/c/${CAMERA}/search`, 'main h1', [click('[data-period=own]')]),

  // Cameras
  cameras: { path: '/cameras', shown: 'main li', states: ALL },
  'cameras-add': sheet('/cameras?add=1', 'dialog h2', []),
  'cameras-test': sheet('/cameras?add=1', 'dialog h2', [fill('dialog[open] input >> nth=0', 'Ngõ 20'), fill('dialog[open] input[inputmode=url] >> nth=0', 'rtsp://192.168.1.120/main'), click('[data-action=test]'), see('dialog[open] section h3'), scroll('dialog[open] section h3')]), // prettier-ignore
  'cameras-edit': sheet('/cameras', 'main li', [click('button[aria-label^="Sửa"]'), see('dialog[open]')]),
  'cameras-remove': sheet('/cameras', 'main li', [click('main .acts .danger'), see('dialog[open]')]),
  'cameras-find': sheet('/cameras', 'main li', [click('[data-action=find]'), see('[data-action=scan]')]),
  'cameras-found': sheet('/cameras', 'main li', [click('[data-action=find]'), click('[data-action=scan]'), see('.found li'), (page) => page.fill('textarea', '192.168.1.121-123'), click('[data-action=test-all]'), see('[data-stage=ready]'), scroll('[data-address]')]), // prettier-ignore
  'cameras-restarted': sheet('/cameras', 'main li', [click('main .acts button'), see('.message')]),

  // First run
  'setup-language': wizard('language'),
  'setup-site': wizard('site'),
  'setup-password': wizard('password', { 'GET me': ME }),
  'setup-storage': wizard('storage'),
  'setup-cameras': wizard('cameras', { 'GET cameras': NOBODY }),
  'setup-proof': wizard('proof'),
  'setup-phones': sheet('/setup', '[data-step=proof]', [see('[data-trust-phones=guide]'), scroll('[data-trust-phones]')], { answers: setup('proof') }), // prettier-ignore
  'setup-phones-public': sheet('/setup', '[data-step=proof]', [see('[data-trust-phones=public]'), scroll('[data-trust-phones]')], { answers: setup('proof', { 'GET tls': { source: 'acme', certificate: null, is_the_wanted: true, is_public: true, authority: null, guide: null, trouble: null, next_try_at: null } }) }), // prettier-ignore
  'setup-fails': { path: '/setup', shown: 'main h1', states: ['error', 'offline'] },

  // How it does
  health: { path: '/health', shown: '[data-section=outages] li', states: ALL },
  'health-storage': sheet('/health', '[data-section=storage] table', [scroll('[data-section=storage] tbody tr')]),
  'health-well': sheet('/health', '[data-section=outages]', [], { answers: { 'GET health': (b) => ({ ...b, status: 'ok', checks: b.checks.map((c) => ({ ...c, level: 'ok', code: 'ok' })) }), 'GET outages': NOBODY } }), // prettier-ignore
  'health-disk-full': sheet('/health', '[data-section=outages]', [], { answers: { 'GET health': (b) => ({ ...b, status: 'degraded', checks: [{ id: 'disk', level: 'error', code: 'disk_full', params: {}, since: stamp(40) }, ...b.checks] }) } }), // prettier-ignore

  // Alerts: schedule and quiet
  alerts: {
    path: '/alerts',
    shown: '[data-part=rules] form',
    states: ['loaded', 'error', 'offline'],
  },
  'alerts-off': sheet('/alerts', '[data-part=standing]', [click('[data-action=off-60]'), see('[data-armed=false]')], {
    answers: {
      'GET schedules': (b) => ({ ...b, hand: null, standing: { armed: true, by_hand: false, until: stamp(-300) } }),
    },
  }),
  'alerts-week': sheet('/alerts', '[data-part=week]', [click('[data-preset=always]'), click('[data-action=hours-off]'), scroll('[data-action=save-week]')]), // prettier-ignore
  'alerts-quiet': sheet('/alerts', '[data-part=snoozes]', [click('[data-part=snoozes] [data-snooze="60"]'), see('[data-banner=snooze]'), scroll('[data-part=prefs]')]), // prettier-ignore
  'alerts-recent': sheet('/alerts', '[data-part=recent] li', [click('[data-action=older-alerts]'), click('[data-action=handle-alert]'), see('dialog[open]'), click('[data-action=save-handled]'), scroll('[data-part=recent]')]), // prettier-ignore
  channels: { path: '/alerts/channels', shown: '[data-channel=relay] form', states: FAILS },
  'channels-tried': sheet('/alerts/channels', '[data-channel=relay] form', [fill('[data-channel=mail] [data-field=to]', 'binh@example.vn'), click('[data-action=try-mail]'), see('[data-channel=mail] [data-trial=delivered]'), click('[data-action=try-webhook]'), see('[data-channel=webhook] [data-trial=answer]'), scroll('[data-channel=webhook] [data-trial]')]), // prettier-ignore
  'channels-wrong': sheet('/alerts/channels', '[data-channel=relay] form', [fill('[data-channel=mail] [data-field=host]', '192.168.1.9'), click('[data-action=save-mail]'), see('[data-channel=mail] [data-wrong]'), click('[data-channel=webhook] [data-action=replace]'), fill('[data-channel=webhook] input[type=url]', 'http://192.168.1.9/x'), click('[data-action=save-webhook]'), see('[data-channel=webhook] [data-wrong]')]), // prettier-ignore
  'alerts-unsent': sheet('/events', '[data-banner=unsent]', [], { answers: { 'GET health': (b) => ({ ...b, status: 'degraded', checks: [...b.checks, { id: 'alerts', level: 'warn', code: 'alerts_stuck', params: { places: 2 }, since: stamp(20) }] }) } }), // prettier-ignore
  'event-quiet': sheet((known) => `/e/${known.event}`, '[data-event-page]', [click('[data-action=snooze]'), see('[data-sheet=snooze]')]), // prettier-ignore
  'no-right': sheet('/people', '[data-no-right]', [], { answers: { 'GET me': (b) => ({ ...b, role: 'guard', rights: ['live', 'playback', 'hold', 'export'] }) } }), // prettier-ignore
  'no-right-live': sheet(`/c/${CAMERA}`, '[data-no-right]', [], { answers: { 'GET me': (b) => ({ ...b, role: 'guard', rights: ['live', 'playback', 'hold', 'export'], full_cameras: [] }) } }), // prettier-ignore
  'event-call': sheet((known) => `/e/${known.event}`, '[data-event-page]', [click('[data-action=call]'), see('[data-call]')], { answers: { 'GET team': { items: [{ name: 'binh', display_name: 'Nguyễn Văn Bình', role: 'guard', phone: '0912 345 678' }, { name: 'truong.thon', display_name: '', role: 'head', phone: '+84 37 123 4567' }] } } }), // prettier-ignore
  'event-call-nobody': sheet((known) => `/e/${known.event}`, '[data-event-page]', [click('[data-action=call]'), see('[data-sheet=call] ul')], { answers: { 'GET team': { items: [] } } }), // prettier-ignore
  'password-again': sheet('/system', '#new-password', [fill('#new-password', 'trâu cày ruộng cạn'), click('form:has(#new-password) button.primary'), see('#password-again')], { answers: { 'PUT me': failed(403, 'password_needed') } }), // prettier-ignore
  'people-sees': sheet('/people', '[data-person=admin]', [click('[data-action=open-invite]'), click('[data-field=all]'), see('[data-sight]')]), // prettier-ignore
  people: { path: '/people', shown: '[data-person=admin]', states: ['loaded', 'error', 'offline'] },
  'people-invited': sheet('/people', '[data-person=admin]', [click('[data-action=open-invite]'), fill('main form input >> nth=0', 'Hoàng Văn Tú'), click('[data-action=invite]'), see('[data-invite]')]), // prettier-ignore

  // The rest
  system: { path: '/system', shown: 'main h2', states: ALL },
  'system-urgent': sheet('/system?set=password', 'main h2', [], { answers: { 'GET me': ME } }),
  'system-password': sheet('/system', '#new-password', [fill('#new-password', 'ngắn'), press('Enter'), see('[role=alert]:not(:empty), .error-text:not(:empty)')]), // prettier-ignore
  missing: sheet('/nowhere', 'main h1', []),
  help: sheet('/exports', '[data-export]', [press('?'), see('[data-sheet=help]')]),
  more: sheet('/exports', '[data-export]', [(page) => page.locator('[data-action=more]:visible').click(), see('[data-sheet=more]')]), // prettier-ignore
  'help-camera': sheet(back, PLAYS, [press('?'), see('[data-sheet=help]')]),
  jump: sheet('/exports', '[data-export]', [click('[data-action=sheet-jump]'), see('[data-sheet=jump]')]),
  'jump-typed': sheet('/exports', '[data-export]', [
    press('t'),
    see('[data-sheet=jump]'),
    write('ngo 7 hqua 22h14'),
    see('[data-choice]'),
  ]),
  'jump-wrong': sheet('/exports', '[data-export]', [press('t'), see('[data-sheet=jump]'), write('cổng đêm 22/11 2 giờ'), see('[data-problem]')]), // prettier-ignore
};

/** Those that show most of what a theme colours, once in each of the others. */
const THEMED = ['login', 'wall', 'enlarged', 'camera-dark', 'playback', 'playback-kept-some', 'sync', 'events', 'event', 'zones', 'search-found', 'cameras', 'cameras-add', 'exports', 'health', 'alerts', 'system', 'jump-typed']; // prettier-ignore
for (const theme of ['light', 'contrast'])
  for (const name of THEMED) SCREENS[`${name}-${theme}`] = { ...SCREENS[name], states: ['loaded'], theme };

/** What answers when there is nothing yet; a page of one camera needs the camera, and only its recordings are none. */
export const EMPTY = {
  'GET cameras': NOBODY,
  'GET events': NOBODY,
  'GET events:count': { events: 0, unseen: 0, cameras: [] },
  'GET exports': NOBODY,
  'GET layouts': { items: [] },
  'GET days': { items: [] },
  'GET cameras/segments': { inits: {}, segments: [], gaps: [], tail: null, next_cursor: null },
  'GET timeline': (b) => ({ ...b, cameras: b.cameras.map((c) => ({ ...c, spans: [], gaps: [], events: [], motion: [], oldest_at: null })) }), // prettier-ignore
  'GET outages': NOBODY,
  'GET storage': { volumes: [], cameras: [], days_kept_estimate: null },
};
