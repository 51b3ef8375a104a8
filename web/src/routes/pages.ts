/** The pages that come when they are asked for; the wall, signing in and what is said of a missing page come with the app. */
export const pages = {
  alerts: () => import('./Alerts.svelte'),
  camera: () => import('./CameraPage.svelte'),
  cameras: () => import('./Cameras.svelte'),
  channels: () => import('./Channels.svelte'),
  event: () => import('./EventPage.svelte'),
  events: () => import('./Events.svelte'),
  exports: () => import('./Exports.svelte'),
  health: () => import('./HealthPage.svelte'),
  invite: () => import('./InvitePage.svelte'),
  people: () => import('./People.svelte'),
  search: () => import('./SearchPage.svelte'),
  setup: () => import('./SetupPage.svelte'),
  sync: () => import('./SyncPage.svelte'),
  system: () => import('./System.svelte'),
  welcome: () => import('./Welcome.svelte'),
  zones: () => import('./ZonesPage.svelte'),
};

/** Loads a page before it is known who asks for it. Should that fail, it is asked for again when it is shown. */
export function early(page: string): void {
  if (page in pages) void pages[page as keyof typeof pages]().catch(() => {});
}
