import { expect, test, vi } from 'vitest';

const event = vi.hoisted(() => vi.fn());
vi.mock('./router.svelte', () => ({ router: { route: { page: 'event', id: 'e1' } } }));
vi.mock('../lib/api/motion', () => ({ motionApi: { event } }));
const { askEvent, askFirst } = await import('./first-event');

test('what was asked early is given once', async () => {
  event.mockResolvedValueOnce('early').mockResolvedValueOnce('later');
  askFirst();
  expect(await askEvent('e1')).toBe('early');
  expect(await askEvent('e1')).toBe('later');
});

test('whoever waits for it hears of a failure', async () => {
  event.mockRejectedValueOnce(new Error('gone'));
  askFirst();
  await expect(askEvent('e1')).rejects.toThrow('gone');
});

test('what was refused before somebody signed in is asked anew', async () => {
  event.mockRejectedValueOnce(new Error('sign in first')).mockResolvedValueOnce('found');
  askFirst();
  await new Promise((done) => setTimeout(done));
  expect(await askEvent('e1')).toBe('found');
});
