/** The part of the HTTP client for people, their invites and their sessions. */
import { json, query, send } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Person = Schemas['Person'];
export type Invite = Schemas['Invite'];
export type MadeInvite = Schemas['MadeInvite'];
export type NewInvite = Schemas['NewInvite'];
export type PersonPatch = Schemas['PersonPatch'];
export type Reach = Schemas['Reach'];
export type LiveReach = Schemas['LiveReach'];
export type Member = Schemas['Member'];
export type Role = Schemas['Role'];
export type PersonSession = Schemas['Session'];

export const peopleApi = {
  people: () => json<{ items: Person[] }>('people').then((l) => l.items),
  change: (p: Person, patch: Partial<PersonPatch>) =>
    send<Person>('PATCH', `people/${p.id}`, patch, { 'if-match': `"${p.revision}"` }),
  remove: (id: string) => send<void>('DELETE', `people/${id}`),
  /** Whom one may call about an alert. */
  team: () => json<{ items: Member[] }>('team').then((l) => l.items),
  /** Where the team calls oneself; empty: nowhere. */
  setPhone: (phone: string) => send<void>('PUT', 'me/phone', { phone }),
  invites: () => json<{ items: Invite[] }>('invites').then((l) => l.items),
  invite: (who: NewInvite) => send<MadeInvite>('POST', 'invites', who),
  /** For somebody who has forgotten their password. */
  inviteAgain: (id: string) => send<MadeInvite>('POST', `people/${id}/invite`),
  takeBack: (id: string) => send<void>('DELETE', `invites/${id}`),
  /** Signs in with what was invited, by a password of one's own. */
  accept: (token: string, password: string) => send<void>('POST', 'invites:accept', { token, password }),
  sessions: (person?: string) => json<{ items: PersonSession[] }>(`sessions?${query({ person })}`).then((l) => l.items),
  endSession: (id: string) => send<void>('DELETE', `sessions/${id}`),
};
