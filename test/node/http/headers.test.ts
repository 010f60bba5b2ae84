// The headers of an answer, read.

import { describe, expect, it } from 'vitest';
import {
  contentLength,
  contentRange,
  fileNameOf,
  isChanged,
  isStrongDate,
  statusFailure,
  unsatisfiedLength,
  validatorOf,
} from '../../../src/node/http/headers.ts';

describe('Content-Range', () => {
  it.each([
    ['bytes 0-99/1000', { from: 0, to: 100, total: 1000 }],
    ['bytes 5-5/*', { from: 5, to: 6, total: undefined }],
    ['bytes */1000', undefined],
    ['bytes 0-99', undefined],
    ['bytes 0-99/1000, bytes 0-9/10', undefined],
    ['bytes 0-9999999999999999999/1', undefined],
    ['items 0-99/1000', undefined],
    ['bytes -1-5/10', undefined],
  ])('%s', (value, expected) => {
    expect(contentRange({ 'content-range': value })).toEqual(expected);
  });

  it('of a 416 has the length only', () => {
    expect(unsatisfiedLength({ 'content-range': 'bytes */7' })).toBe(7);
    expect(unsatisfiedLength({ 'content-range': 'bytes 0-1/7' })).toBeUndefined();
  });
});

it('Content-Length is one number', () => {
  expect(contentLength({ 'content-length': '12' })).toBe(12);
  for (const text of ['12, 12', '-1', '1e3', '', '9999999999999999']) {
    expect(contentLength({ 'content-length': text })).toBeUndefined();
  }
});

describe('the version', () => {
  it('is a strong tag and a date', () => {
    expect(validatorOf({ etag: '"a"', 'last-modified': 'x' })).toEqual({
      etag: '"a"',
      lastModified: 'x',
    });
    for (const etag of ['W/"a"', 'a', '"a', '"a", "b"']) expect(validatorOf({ etag })).toEqual({});
  });

  it('changes with either, the tag first', () => {
    expect(isChanged({ etag: '"a"', lastModified: 'x' }, { etag: '"a"', lastModified: 'y' })).toBe(
      false,
    );
    expect(isChanged({ etag: '"a"' }, { etag: '"b"' })).toBe(true);
    expect(isChanged({ lastModified: 'x' }, { etag: '"b"', lastModified: 'y' })).toBe(true);
    expect(isChanged({ etag: '"a"' }, { lastModified: 'y' })).toBe(false);
  });

  it('by date is certain a second after the change', () => {
    const modified = 'Sat, 01 Aug 2026 10:00:00 GMT';
    const at = (date: string): boolean => isStrongDate({ 'last-modified': modified, date });
    expect(at('Sat, 01 Aug 2026 10:00:00 GMT')).toBe(false);
    expect(at('Sat, 01 Aug 2026 10:00:01 GMT')).toBe(true);
    expect(at('whenever')).toBe(false);
    expect(isStrongDate({ 'last-modified': modified })).toBe(false);
  });
});

describe('the name of the file', () => {
  it.each([
    ['attachment; filename="a b.iso"', 'a b.iso'],
    ['attachment; filename="a\\"b.iso"', 'a"b.iso'],
    ['attachment; filename=a.iso', 'a.iso'],
    ['attachment;filename=a.iso; size=3', 'a.iso'],
    ["attachment; filename=a.iso; filename*=UTF-8''%e2%82%ac.iso", '€.iso'],
    ["attachment; filename*=utf-8'en'a%20b", 'a b'],
    ["attachment; filename=a.iso; filename*=UTF-8''%ff", 'a.iso'],
    ["attachment; filename*=KOI8-R''%d0", undefined],
    ['attachment; filename="../../etc/passwd"', '../../etc/passwd'],
    ['attachment', undefined],
  ])('%s', (value, expected) => {
    expect(fileNameOf({ 'content-disposition': value })).toBe(expected);
  });
});

describe('a status', () => {
  const of = (status: number, headers = {}): unknown => statusFailure(status, headers, 0);

  it.each([
    [404, 'status', true],
    [403, 'status', true],
    [408, 'status', false],
    [425, 'status', false],
    [429, 'busy', false],
    [500, 'status', false],
    [502, 'status', false],
    [503, 'busy', false],
    [204, 'status', true],
    [302, 'status', true],
  ])('%i: %s, permanent: %s', (status, kind, permanent) => {
    expect(of(status)).toMatchObject({ kind, permanent });
  });

  it('of a file is no failure, unless it is compressed', () => {
    expect(of(200)).toBeUndefined();
    expect(of(206, { 'content-encoding': 'identity' })).toBeUndefined();
    const odd = of(206, { 'content-encoding': '\x9b31m'.padEnd(60, 'z') });
    expect(odd).toMatchObject({ kind: 'encoded', permanent: true });
    expect((odd as { reason: string }).reason).toMatch(/^sends the file compressed \([!-~]{40}\)$/);
  });

  it('with Retry-After says when, up to an hour', () => {
    const after = (value: string): unknown =>
      (of(503, { 'retry-after': value }) as { retryAfterMs: unknown }).retryAfterMs;
    expect(after('7')).toBe(7_000);
    expect(after('Thu, 01 Jan 1970 00:01:00 GMT')).toBe(60_000);
    expect(after('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(0);
    expect(after('3600')).toBe(3_600_000);
    expect(after('3601')).toBe(3_600_000);
    expect(after('soon')).toBeUndefined();
  });
});
