import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/index.ts';
import { checkName, nameProblem } from '../../src/content/index.ts';

describe('names', () => {
  it.each([
    'a',
    'ubuntu-24.04.iso',
    '.hidden',
    'a..b',
    '...a',
    ' leading',
    'com',
    'com10',
    'console.txt',
    'nullable',
    'what? <really> "quoted" | starred *',
    'Ünïcödé – 日本語 🎉.tar.gz',
    'x'.repeat(255),
    'é'.repeat(127),
  ])('allows %j', (name) => {
    expect(nameProblem(name)).toBe(undefined);
    checkName(name);
  });

  it.each<[string, RegExp]>([
    ['', /empty/],
    ['x'.repeat(256), /255/],
    ['é'.repeat(128), /256 bytes/],
    ['x'.repeat(100_000), /longer/],
    ['a\0b', /NUL \(U\+0000\) at byte 1/],
    ['a\nb', /control character \(U\+000A\) at byte 1/],
    ['a\x7f', /control character \(U\+007F\)/],
    ['é\x85', /control character \(U\+0085\) at byte 2/],
    ['a/b', /slash \(U\+002F\) at byte 1/],
    ['/etc/passwd', /slash .* at byte 0/],
    ['..\\x', /backslash .* at byte 2/],
    ['C:', /colon .* at byte 1/],
    ['file:stream', /colon/],
    ['.', /"\."/],
    ['..', /"\.\."/],
    ['a.', /dot \(byte 1\)/],
    ['é ', /space \(byte 2\)/],
    ['...', /dot/],
    ['CON', /device name "CON"/],
    ['nul.txt', /device name "nul"/],
    ['Aux.tar.gz', /device/],
    ['com1', /device/],
    ['LPT9.x', /device/],
    ['COM².log', /device/],
    ['con .txt', /device/],
    ['prn  .x', /device/],
    ['conin$', /device/],
    ['cafe\u0301', /normalization/],
    ['\u212b', /normalization/],
    ['a\ud800', /surrogate/],
    ['evil\u202egpj.exe', /direction control \(U\+202E\) at byte 4/],
    ['a\u2028b', /line separator/],
  ])('refuses %j', (name, why) => {
    expect(nameProblem(name)).toMatch(why);
    expect(() => checkName(name)).toThrow(UsageError);
  });

  it('never lets a name leave its directory or change on the way to the disk', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        '.',
        '/',
        '\\',
        ':',
        ' ',
        'a',
        '\0',
        'n',
        'u',
        'l',
        'é',
        '\u0301',
        '\ud800',
      ),
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (name) => {
        if (nameProblem(name) !== undefined) return;
        expect(name).not.toMatch(/[/\\:\0]/);
        expect(name).not.toMatch(/[. ]$/);
        expect(name.normalize('NFC')).toBe(name);
        expect(Buffer.from(name, 'utf8').toString('utf8')).toBe(name);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      }),
      { numRuns: 20_000 },
    );
  });
});
