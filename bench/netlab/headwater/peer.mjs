// Runs `headwater get … --seed --json` and touches $LAB_DONE when the file is there.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/bundle/headwater.js', import.meta.url));
const child = spawn(process.execPath, [main, 'get', ...process.argv.slice(2), '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code) => process.exit(code ?? 1));
for await (const line of createInterface({ input: child.stdout })) {
  console.log(line);
  if (JSON.parse(line).event === 'done') writeFileSync(process.env['LAB_DONE'], '');
}
