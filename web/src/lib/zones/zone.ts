/** Zones of a camera as the editor holds them, and as the recorder takes them. Pure. */
import type { Sensitivity, Zone, ZoneKind } from '../api/types';
import type { Area } from './editor';
import { box, crossing, shifted, type Point, type Polygon } from './geometry';

export interface ZoneArea extends Area {
  /** Null until it has been saved. */
  readonly id: string | null;
  readonly kind: ZoneKind;
  readonly name: string;
  readonly sensitivity: Sensitivity;
  /** Share of the picture, 0 to 1. */
  readonly minSize: number;
  readonly minSeconds: number;
}

export const MOST_ZONES = 32;
export const NAME_LENGTH = 100;
export const SENSITIVITIES = ['low', 'normal', 'high'] as const;
/** Shares of the picture and seconds that are offered; what somebody else has set is offered besides. */
export const SIZES = [0, 0.002, 0.005, 0.02, 0.05] as const;
export const SECONDS = [0, 1, 2, 3, 5, 10] as const;

export const offered = (all: readonly number[], own: number): number[] =>
  all.includes(own) ? [...all] : [...all, own].sort((a, b) => a - b);

let count = 0;
const fresh = (): string => `zone ${++count}`;

export const zoneArea = (z: Zone): ZoneArea => ({
  key: z.id ?? fresh(),
  id: z.id ?? null,
  kind: z.kind,
  name: z.name,
  points: z.points.map(([x, y]): Point => [x!, y!]),
  sensitivity: z.sensitivity ?? 'normal',
  minSize: z.min_size ?? 0,
  minSeconds: z.min_duration_s ?? 0,
});

export const apiZone = (z: ZoneArea): Zone => ({
  ...(z.id ? { id: z.id } : {}),
  kind: z.kind,
  name: z.name.trim().normalize('NFC'),
  points: z.points.map(([x, y]) => [x, y]),
  sensitivity: z.sensitivity,
  min_size: z.minSize,
  min_duration_s: z.minSeconds,
});

const START: Polygon = box([0.32, 0.36], [0.68, 0.76]);
const STEP = 0.04;

/** A zone to begin with, in the middle and a little beside the one before. */
export function newZone(kind: ZoneKind, name: string, before: number): ZoneArea {
  const points = shifted(START, ((before % 5) - 1) * STEP, ((before % 4) - 1) * STEP);
  return { key: fresh(), id: null, kind, name, points, sensitivity: 'normal', minSize: 0, minSeconds: 0 };
}

/** The first zone that cannot be saved, and why. */
export function unfit(zones: readonly ZoneArea[]): { zone: ZoneArea; why: 'name' | 'crossing' } | null {
  for (const zone of zones) {
    if (!zone.name.trim()) return { zone, why: 'name' };
    if (crossing(zone.points)) return { zone, why: 'crossing' };
  }
  return null;
}
