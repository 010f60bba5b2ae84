// What must hold of the experiment: EEPT's order and ratios, worked out with another simulator, and our goals.

const within = (value, low, high) => value >= low * 0.98 && value <= high * 1.02;

/** Each with what was found and whether it holds. `cells` are those of 1024 MB; `dead` those with a server that dies. */
export function checkClaims(cells, dead, bound) {
  const of = (label) => cells.find((cell) => cell.label === label);
  const eept = of('eept');
  const ratio = (label) => eept.overheadReserved / of(label).overheadReserved;
  const claims = [
    ['recursive', 0.56, 0.59],
    ['history', 0.53, 0.54],
    ['dcda', 0.52, 0.55],
    ['single', 0.61, 0.64],
    ['brute-force', 0.33, 0.34],
  ].map(([label, low, high]) => ({
    claim: `time × cost of EEPT ÷ ${label}: ${low}–${high}`,
    found: ratio(label),
    holds: within(ratio(label), low, high),
  }));
  const order = ['recursive', 'history', 'eept', 'brute-force', 'single'].map((l) => of(l).time);
  const dcda = of('dcda').time;
  claims.push({
    claim: 'completion: recursive < history, DCDA < EEPT < brute force < single',
    found: dcda,
    holds:
      order.every((time, i) => i === 0 || order[i - 1] < time) &&
      dcda > order[0] &&
      dcda < order[2],
  });
  const most = (claim, found, limit) => claims.push({ claim, found, holds: found <= limit });
  most('EEPT ≤ 1.10 × F ÷ 100', eept.time / 10.24, 1.1);
  most('EEPT is idle ≤ 0.5 s', eept.idle, 0.5);
  const ours = of('headwater');
  most('headwater: time × cost ≤ 0.97 × EEPT', ours.overheadReserved / eept.overheadReserved, 0.97);
  most('headwater, time: ≤ 1.01 × the bound', of('headwater, time').time / bound, 1.01);
  const died = dead.find(({ label }) => label === 'headwater');
  most('headwater, the best server dies at 3 s: ≤ 12.7 s', died.time, 12.7);
  return claims;
}
