import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  plain,
  plural,
  shorten,
} from '../../src/cli/format.ts';

describe('format', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [1024 * 1023.99, '1.0 MiB'],
    [33_554_432, '32.0 MiB'],
    [150 * 1024 * 1024, '150 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0.04, '0.0 s'],
    [9.9, '9.9 s'],
    [9.96, '10 s'],
    [75, '1 min 15 s'],
    [4000, '1 h 07 min'],
    [86_400 * 3, '3 days'],
    [Infinity, '?'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it('writes counts, shares and plurals', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect(formatPercent(0.01234)).toBe('1.23 %');
    expect(plural(1, 'link')).toBe('1 link');
    expect(plural(2000, 'link')).toBe('2,000 links');
  });
});

describe('foreign text', () => {
  it('cannot steer the terminal', () => {
    expect(plain('a\u001b[2Jb\rc\u202egpj.exe\u009b')).toBe('a?[2Jb?c?gpj.exe?');
    expect(plain('été 文件.iso')).toBe('été 文件.iso');
  });

  it('is shortened in the middle', () => {
    expect(shorten('ws://127.0.0.1:7070', 19)).toBe('ws://127.0.0.1:7070');
    expect(shorten('ws://127.0.0.1:7070', 11)).toBe('ws://…:7070');
    expect(shorten('abcdef', 3)).toBe('abc');
  });
});
