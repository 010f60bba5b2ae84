// What a run prints.

/** The figures that peers are compared by, and the cells that the mean of the ratios is over. */
const COMPARED = ['encode', 'decodeRepair', 'decodeLoss10'];
const MEAN_SYMBOLS = [1000, 4096, 10000];
const MEAN_SYMBOL_BYTES = [1400, 16384];

function meanOf(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

const twoDigits = (value) => Number(value.toFixed(2));

/** How many times as fast ours is, for every figure that both have. `structure` is a time, the others are rates. */
function ratios(ours, theirs) {
  const shared = Object.keys(theirs).filter((name) => name in ours);
  const faster = (name) =>
    name === 'structure' ? theirs[name] / ours[name] : ours[name] / theirs[name];
  return Object.fromEntries(shared.map((name) => [name, twoDigits(faster(name))]));
}

/**
 * Geometric means of ours over theirs over the cells with K in MEAN_SYMBOLS and T in MEAN_SYMBOL_BYTES; undefined
 * when one of them is missing.
 */
function meanRatios(cells, peerCells) {
  const pairs = cells.flatMap((cell, i) => {
    const counts = MEAN_SYMBOLS.includes(cell.K) && MEAN_SYMBOL_BYTES.includes(cell.T);
    return counts && peerCells[i].skipped === undefined ? [[cell, peerCells[i]]] : [];
  });
  if (pairs.length < MEAN_SYMBOLS.length * MEAN_SYMBOL_BYTES.length) return undefined;
  const mean = (name) => meanOf(pairs.map(([ours, theirs]) => ours[name] / theirs[name]));
  return Object.fromEntries(COMPARED.map((name) => [name, twoDigits(mean(name))]));
}

/** The peer `index` in the report: `runs` are {K, T, results} per cell, results[0] ours. */
export function peerReport(cells, runs, index) {
  const hello = runs.map(({ results }) => results[index].hello).find((each) => each !== undefined);
  const peerCells = runs.map(({ K, T, results }, i) => {
    const { skipped, figures, rounds } = results[index];
    if (skipped !== undefined) return { K, T, skipped };
    return { K, T, ...figures, rounds, ratio: ratios(cells[i], figures) };
  });
  const { name, version, note } = hello ?? {};
  const geometricMean = meanRatios(cells, peerCells);
  return { name, version, note, cells: peerCells, geometricMean };
}

/** The report as text. */
export function print(report) {
  console.log(`${report.bench}: ${report.units.default}; structure: ${report.units.structure}`);
  console.log(
    `${report.machine}, commit ${report.commit}, kernel ${report.kernel}, ${report.date}\n`,
  );
  console.table(report.cells.map(({ operations: _, ...figures }) => figures));
  console.log('\nXOR reads + multiplications per symbol');
  console.table(
    report.cells
      .filter(({ K }, i, cells) => cells.findIndex((cell) => cell.K === K) === i)
      .map(({ K, operations }) => ({
        K,
        ...Object.fromEntries(
          Object.entries(operations).map(([name, { xors, multiplications }]) => [
            name,
            `${xors} + ${multiplications}`,
          ]),
        ),
      })),
  );
  for (const { name, version, note, cells, geometricMean } of report.peers) {
    console.log(`\n${name} ${version ?? ''}${note === undefined ? '' : `, ${note}`}`);
    console.table(cells.map(({ ratio: _, ...figures }) => figures));
    console.log('this codec over it');
    console.table(
      cells.flatMap(({ K, T, ratio }) => (ratio === undefined ? [] : [{ K, T, ...ratio }])),
    );
    if (geometricMean !== undefined) {
      console.log(
        `geometric mean, K ${MEAN_SYMBOLS.join(', ')} × T ${MEAN_SYMBOL_BYTES.join(', ')}:`,
        geometricMean,
      );
    }
  }
}
