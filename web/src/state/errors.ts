/** Errors as sentences: what happened and what to do. */
import { ApiError } from '../lib/api/client';
import { keyOr } from '../lib/i18n';
import { t } from './i18n.svelte';

export function codeWords(code: string, retryAfterS: number | null = null): string {
  return t(keyOr('error', code, 'error.internal'), { seconds: retryAfterS ?? 30 });
}

export function words(e: unknown): string {
  // Where it is known which field is meant, it says what is wrong with that.
  if (e instanceof ApiError && e.code === 'invalid' && typeof e.params.field === 'string')
    return t(keyOr('error.field', e.params.field, 'error.invalid'));
  if (e instanceof ApiError) return codeWords(e.code, e.retryAfterS);
  reportError(e);
  return t('error.internal');
}
