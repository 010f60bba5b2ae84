// Numbers as people type them: sizes and rates with K, M, G, T (powers of 1024, as in curl --limit-rate),
// seconds, fractions and counts. A value that makes no sense is refused, never guessed.

import { InvalidArgumentError } from 'commander';
import { parseEndpoint, parseMirror } from '../node/index.ts';

const SUFFIXES = 'KMGT';

/** "20M" → 20,971,520. At least 1 byte. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/i.exec(text);
  const number = Number(match?.[1]);
  const power = match?.[2] ? SUFFIXES.indexOf(match[2].toUpperCase()) + 1 : 0;
  const bytes = Math.round(number * 1024 ** power);
  if (match === null || !Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidArgumentError('Write a number of bytes, for example 65536, 64K, 20M or 1.5G.');
  }
  return bytes;
}

/** A time in seconds → milliseconds. */
export function parseSeconds(text: string): number {
  const seconds = decimal(text);
  if (seconds === undefined || seconds <= 0 || seconds > 1e9) {
    throw new InvalidArgumentError('Write a number of seconds above 0, for example 30.');
  }
  return seconds * 1000;
}

/** The share of the window that a peer holds: above 0, at most 1. */
export function parseHold(text: string): number {
  const share = decimal(text);
  if (share === undefined || share <= 0 || share > 1) {
    throw new InvalidArgumentError('Write a number above 0 and at most 1, for example 0.5.');
  }
  return share;
}

/** Makes a parser of whole numbers in min..max. */
export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** "0.0.0.0:7070", "[::]:7070", ":7070" or "7070". Port 0 takes any free port. */
export function parseListen(text: string): string {
  try {
    parseEndpoint(text);
    return text;
  } catch {
    throw new InvalidArgumentError('Write HOST:PORT, for example 0.0.0.0:7070.');
  }
}

/** The address of a source: ws://…, wss://… or HOST:PORT. */
export function parseSource(text: string): string {
  const url = text.includes('://') ? text : `ws://${text}`;
  if (!URL.canParse(url) || !/^wss?:\/\/[^/?#]/i.test(url)) {
    throw new InvalidArgumentError('Write an address, for example ws://192.0.2.7:7070.');
  }
  return text;
}

/** For options that may be given several times. */
export function collect(
  parse: (text: string) => string,
): (text: string, list?: readonly string[]) => string[] {
  return (text, list = []) => [...list, parse(text)];
}

function decimal(text: string): number | undefined {
  return /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : undefined;
}

/** A mirror: an http or https URL, and after spaces gb=, second= and rate=. */
export function parseMirrorText(text: string): string {
  try {
    parseMirror(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** An amount of money, in whatever unit the prices are in. */
export function parseMoney(text: string): number {
  const money = decimal(text);
  if (money === undefined || money < 0) {
    throw new InvalidArgumentError('Write an amount of money, for example 0.5.');
  }
  return money;
}
