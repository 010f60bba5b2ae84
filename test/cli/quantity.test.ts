import { describe, expect, it } from 'vitest';
import {
  parseBytes,
  parseHold,
  parseListen,
  parseSeconds,
  parseSource,
  parseWhole,
} from '../../src/cli/quantity.ts';

describe('parseBytes', () => {
  it.each([
    ['1', 1],
    ['65536', 65_536],
    ['64K', 65_536],
    ['64k', 65_536],
    ['20M', 20_971_520],
    ['1.5G', 1_610_612_736],
    ['2T', 2_199_023_255_552],
    ['0.5K', 512],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each([
    '',
    '0',
    '-1',
    '1,5M',
    'M',
    '1MB',
    '1 M',
    '1e3',
    '0.0001',
    '9999999999T',
    'NaN',
    '0x10',
  ])('refuses %j', (text) => {
    expect(() => parseBytes(text)).toThrow(/for example/);
  });
});

describe('parseSeconds and parseHold', () => {
  it('reads decimals', () => {
    expect(parseSeconds('30')).toBe(30_000);
    expect(parseSeconds('0.5')).toBe(500);
    expect(parseHold('.25')).toBe(0.25);
    expect(parseHold('1')).toBe(1);
  });

  it.each(['0', '-1', '', '1s', 'Infinity', '1e9'])('refuses %j seconds', (text) => {
    expect(() => parseSeconds(text)).toThrow(/seconds/);
  });

  it.each(['0', '4.1', '', '50%', '-0.1'])('refuses the share %j', (text) => {
    expect(() => parseHold(text)).toThrow(/above 0/);
  });
});

describe('parseWhole', () => {
  it('keeps to its bounds', () => {
    expect(parseWhole(0, 10)('10')).toBe(10);
    for (const text of ['11', '-1', '1.5', '', 'x']) {
      expect(() => parseWhole(0, 10)(text)).toThrow(/from 0 to 10/);
    }
  });
});

describe('parseListen', () => {
  it.each(['0.0.0.0:7070', '[::1]:0', '7070', ':7070', 'example.org:80'])('takes %s', (text) => {
    expect(parseListen(text)).toBe(text);
  });

  it.each(['', 'host', 'host:', '1.2.3.4:65536', '::1:80', 'ws://a:1'])('refuses %j', (text) => {
    expect(() => parseListen(text)).toThrow(/HOST:PORT/);
  });
});

describe('parseSource', () => {
  it.each(['ws://192.0.2.7:7070', 'wss://example.org/x', '192.0.2.7:7070', '[::1]:7070'])(
    'takes %s',
    (text) => {
      expect(parseSource(text)).toBe(text);
    },
  );

  it.each(['http://example.org', '', 'ws://', 'a b'])('refuses %j', (text) => {
    expect(() => parseSource(text)).toThrow(/Write an address/);
  });
});
