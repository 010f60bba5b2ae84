// Numbers and foreign text as people read them. Sizes are powers of 1024, named so: KiB, MiB, GiB.

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** 1,536 → "1.5 KiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[unit] ?? ''}`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** 1234567 → "1,234,567". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.01234 → "1.23 %". */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** 4.21 → "4.2 s", 75 → "1 min 15 s", 4000 → "1 h 06 min". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60 * 48) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  return `${Math.round(minutes / 1440)} days`;
}

/** One or many: plural(1, 'link') → "1 link". */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * Text that somebody else chose (a file name, an address, a reason), safe to print: control and
 * direction-changing characters, which could rewrite what a terminal shows, become "?".
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?');
}

/** At most `width` characters, the middle left out, so that both ends of an address stay readable. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  if (width < 5) return text.slice(0, Math.max(0, width));
  const tail = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** At most `width` characters, the end left out. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

/** Money in no unit: as many digits as say something. */
export function formatMoney(amount: number): string {
  return amount >= 100 ? amount.toFixed(0) : Number(amount.toPrecision(3)).toString();
}
