// Airports become the share of late flights there, drawn towards the overall share where there are few.

const PRIOR_FLIGHTS = 50;

/**
 * @param {Record<string, string | number>[]} rows
 * @param {'origin' | 'destination'} column
 * @returns {{values: Map<string, number>, fallback: number}} fallback is for an airport that was never seen
 */
export const lateShares = (rows, column) => {
  const overall = rows.reduce((sum, row) => sum + row.late, 0) / Math.max(1, rows.length);
  const counts = new Map();
  for (const row of rows) {
    const count = counts.get(row[column]) ?? { late: 0, all: 0 };
    count.late += row.late;
    count.all += 1;
    counts.set(row[column], count);
  }
  const values = new Map(
    [...counts].map(([airport, { late, all }]) => [
      airport,
      Math.fround((late + PRIOR_FLIGHTS * overall) / (all + PRIOR_FLIGHTS)),
    ]),
  );
  return { values, fallback: Math.fround(overall) };
};

/** The numbers that the trees see, as 32-bit floats like the exported graph has them. */
export const encode = (row, encoders) => [
  encoders.origin.values.get(row.origin) ?? encoders.origin.fallback,
  encoders.destination.values.get(row.destination) ?? encoders.destination.fallback,
  Math.fround(row.hour),
  Math.fround(row.weekday),
  Math.fround(row.distance),
];
