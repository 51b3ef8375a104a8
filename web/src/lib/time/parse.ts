/** Times as people type them: `22:14`, `22h14`, `22.14.05`, `7h`, `2214`. Pure. */
export interface Clock {
  hour: number;
  minute: number;
  second: number;
}

export function parseClock(text: string): Clock | null {
  const s = text.trim().toLowerCase();
  const m =
    /^(\d{1,2})(?:\s*(?:[:.h]|giờ|gio)\s*(?:(\d{1,2})(?:\s*(?:[:.m]|phút|phut)\s*(\d{1,2})?\s*(?:s|giây|giay)?)?\s*(?:phút|phut)?)?)$/.exec(
      s,
    );
  const compact = /^(\d{2})(\d{2})(\d{2})?$/.exec(s);
  const parts = compact ?? m;
  if (!parts) return null;
  const [hour, minute, second] = [Number(parts[1]), Number(parts[2] ?? 0), Number(parts[3] ?? 0)];
  return hour < 24 && minute < 60 && second < 60 ? { hour, minute, second } : null;
}
