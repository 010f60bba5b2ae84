// The measured program for the npm package raptorq (cberner's 1.x in WebAssembly without SIMD): node raptorq.mjs K T,
// see ../codec/program.mjs. The package works on whole objects: encoding gives all source packets too, and decoding
// starts by itself with the packet that may be enough. Repair alone cannot be asked for.

import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { answerRequests, checkBlock, timed } from '../codec/answer.mjs';
// By file: its package.json names no entry that Node knows.
import { Decoder, Encoder, initSync } from './node_modules/raptorq/raptorq.js';

const folder = new URL('./node_modules/raptorq/', import.meta.url);
initSync(readFileSync(new URL('raptorq_bg.wasm', folder)));
const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));

const [K, T] = process.argv.slice(2).map(Number);
/** The package holds packets and block several times over. */
const BLOCK_BYTES_MAX = 256e6;
const skip = K * T > BLOCK_BYTES_MAX ? 'needs more than 2 GB' : undefined;
const source = randomFillSync(new Uint8Array(K * T));
/** All source packets, then K + 2 repair packets. */
let packets;

/** Fails when the package cut the object otherwise than into one block of K symbols. */
function checkPackets(list, repair) {
  const oneBlock = list.every((packet) => packet[0] === 0 && packet.length === 4 + T);
  if (list.length !== K + repair || !oneBlock) throw new Error('not one block of K symbols');
}

function encode() {
  let encoder;
  let encoded;
  const seconds = timed(() => {
    encoder = Encoder.with_defaults(source, T);
    encoded = encoder.encode(1);
  });
  encoder.free();
  checkPackets(encoded, 1);
  return seconds;
}

function makePackets() {
  const encoder = Encoder.with_defaults(source, T);
  const made = encoder.encode(K + 2);
  encoder.free();
  checkPackets(made, K + 2);
  return made;
}

function decode(esis) {
  packets ??= makePackets();
  let decoder;
  let block;
  const seconds = timed(() => {
    decoder = Decoder.with_defaults(BigInt(source.length), T);
    for (let i = 0; i < esis.length && block === undefined; i++) {
      block = decoder.decode(packets[esis[i]]);
    }
  });
  decoder.free();
  checkBlock(block, source);
  return seconds;
}

await answerRequests(
  {
    name: 'npm raptorq',
    version,
    skip,
    measures: ['encode', 'decodeRepair', 'decodeLoss10'],
    note: 'WebAssembly without SIMD; encode gives all source packets too',
  },
  { encode, decode },
);
