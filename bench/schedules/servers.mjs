// The servers of the experiments, and those of a file.

import { readFileSync } from 'node:fs';

/** EEPT, table 2: MB/s and price per second. */
export const TABLE_2 = [
  { name: 'S1', min: 10, max: 50, price: 2 },
  { name: 'S2', min: 40, max: 80, price: 4 },
  { name: 'S3', min: 10, max: 30, price: 1 },
  { name: 'S4', min: 15, max: 25, price: 1 },
  { name: 'S5', min: 40, max: 60, price: 4 },
];

const SERVERS_MAX = 256;

/** The servers of a JSON file, [{name, min, max, price}], checked. Throws an Error that says what is wrong. */
export function readServers(path) {
  let servers;
  try {
    servers = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error.message}`, { cause: error });
  }
  if (!Array.isArray(servers) || servers.length === 0 || servers.length > SERVERS_MAX) {
    throw new Error(`${path} is not a list of 1 to ${SERVERS_MAX} servers`);
  }
  return servers.map((server, i) => {
    const { name = `server ${i + 1}`, min, max, price = 0 } = server ?? {};
    const fits = [min, max, price].every((n) => Number.isFinite(n) && n >= 0);
    if (!fits || max < min || max <= 0) {
      throw new Error(`${path}: ${name} needs min, max (MB/s, 0 < max, min <= max) and price >= 0`);
    }
    return { name: String(name), min, max, price };
  });
}
