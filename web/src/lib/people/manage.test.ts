import { describe, expect, it } from 'vitest';
import type { Role } from '../api/people';
import { handOn, managedBy } from './manage';

const ALL: Role[] = ['viewer', 'guard', 'head', 'admin'];

describe('whom somebody manages', () => {
  it('is everybody for an administrator, those below for a head, and else nobody', () => {
    expect(ALL.map((role) => managedBy(role).length)).toEqual([0, 0, 2, 4]);
    expect(managedBy('head')).toEqual(['viewer', 'guard']);
    expect(managedBy(undefined)).toEqual([]);
    const by = (role: Role) => ALL.map((other) => handOn({ name: 'an', role }, { name: 'binh', role: other }));
    expect(by('head')).toEqual(['all', 'all', 'none', 'none']);
    expect(by('admin')).toEqual(['all', 'all', 'all', 'all']);
    expect(by('guard')).toEqual(['none', 'none', 'none', 'none']);
  });
  it('is not oneself, and of the account admin no more than where it is signed in', () => {
    const admin = { name: 'admin', role: 'admin' as const };
    expect(handOn(admin, admin)).toBe('none');
    expect(handOn({ name: 'an', role: 'admin' }, admin)).toBe('sessions');
    expect(handOn({ name: 'an', role: 'head' }, admin)).toBe('none');
    expect(handOn(null, { name: 'an', role: 'viewer' })).toBe('none');
  });
});
