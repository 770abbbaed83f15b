// What is known of a flight before it departs, and whether it was late.

export const LATE_MINUTES = 15;

/**
 * @param {import('./flights.mjs').Flight} flight
 * @returns {{origin: string, destination: string, hour: number, weekday: number, distance: number}}
 *   hour: 0 to 24, with minutes as fraction; weekday: 0 is Sunday; distance: miles
 */
export const featuresOf = (flight) => {
  const departure = new Date(flight.date);
  return {
    origin: flight.origin,
    destination: flight.destination,
    hour: Math.round((departure.getUTCHours() + departure.getUTCMinutes() / 60) * 100) / 100,
    weekday: departure.getUTCDay(),
    distance: flight.distance,
  };
};

/** @returns {0 | 1} */
export const labelOf = (flight) => (flight.delay >= LATE_MINUTES ? 1 : 0);
