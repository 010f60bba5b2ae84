// A static web server for bench/mirrors.mjs, as a process of its own: node server.mjs FILE BYTES_PER_SECOND
//
// The rate is that of all its connections together. Lines on stdin change it while it runs: a number is the new rate, "silent"
// stops all sending and answering without closing anything. Prints its URL.

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [file, rateText] = process.argv.slice(2);
const { size } = statSync(file);
const TURN_BYTES = 16 * 1024;
const LATE_MS_MAX = 20;
let rate = Number(rateText);
let freeAt = 0;

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});

async function serve(request, response) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = match ? Number(match[1]) : 0;
  const to = match?.[2] ? Math.min(size, Number(match[2]) + 1) : size;
  response.writeHead(match ? 206 : 200, {
    etag: '"bench"',
    'accept-ranges': 'bytes',
    'content-length': to - from,
    ...(match ? { 'content-range': `bytes ${from}-${to - 1}/${size}` } : {}),
  });
  const stream = createReadStream(file, { start: from, end: to - 1, highWaterMark: 1024 * 1024 });
  if (rate === 0) return void stream.pipe(response);
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; at += TURN_BYTES) {
      const part = chunk.subarray(at, at + TURN_BYTES);
      const now = performance.now();
      // A timer that was late is made up for, or the rate would be some 2 % less than is said.
      freeAt = Math.max(freeAt, now - LATE_MS_MAX) + (part.length * 1000) / rate;
      await sleep(Math.max(0, freeAt - now));
      while (rate < 0) await sleep(1000);
      if (response.destroyed) return;
      if (!response.write(part)) {
        await new Promise((resolve) => {
          const go = () => {
            response.off('drain', go).off('close', go);
            resolve();
          };
          response.on('drain', go).on('close', go);
        });
      }
    }
  }
  response.end();
}

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/file.bin`);
});
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'silent') {
    rate = -1;
    server.removeAllListeners('request');
    server.on('request', () => undefined);
  } else rate = Number(line);
}
process.exit();
