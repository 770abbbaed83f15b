/** Bytes of all bodies that are being read or answered: many callers at once cannot fill the memory. */
export interface BodyRoom {
  /** False where there is no room for so many bytes. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export const createBodyRoom = (most: number): BodyRoom => {
  let taken = 0;
  return {
    take: (bytes) => {
      if (taken + bytes > most) return false;
      taken += bytes;
      return true;
    },
    give: (bytes) => {
      taken -= bytes;
    },
  };
};
