/** The part of the HTTP client for the first run and for adding cameras. */
import { json, send } from './client';
import type { CameraTest, FoundCamera, NewCameraTest, Site, SitePatch } from './types';

export const addingApi = {
  site: () => json<Site>('site'),
  setSite: (change: SitePatch) => send<Site>('PATCH', 'site', change),
  discover: () => send<{ found: FoundCamera[] }>('POST', 'discovery').then((d) => d.found),
  test: (body: NewCameraTest) => send<CameraTest>('POST', 'camera-tests', body),
};
