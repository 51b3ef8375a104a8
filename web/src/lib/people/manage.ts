/** Whom somebody may manage, as the recorder decides it (`Role::may_manage`); this only hides what it would refuse. Pure. */
import type { Role } from '../api/people';

const MANAGED: Record<string, readonly Role[]> = {
  head: ['viewer', 'guard'],
  admin: ['viewer', 'guard', 'head', 'admin'],
};
/** The way in from the machine itself: it stays as it is. */
const ROOT = 'admin';

/** Roles whose people somebody of a role manages; they give no others. From who sees least. */
export const managedBy = (role: string | undefined): readonly Role[] => MANAGED[role ?? ''] ?? [];

/** What one may do with a person: nothing, see where they are signed in and end it, or all. */
export function handOn(
  me: { name: string; role: string } | null,
  p: { name: string; role: Role },
): 'none' | 'sessions' | 'all' {
  if (p.name === me?.name || !managedBy(me?.role).includes(p.role)) return 'none';
  return p.name === ROOT ? 'sessions' : 'all';
}
