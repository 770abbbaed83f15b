/** Requests that wait for versions to wake, over all models of a node: so many, with so many bytes. */
export interface ColdRoom {
  readonly requests: number;
  readonly bytes: number;
}

export const EMPTY_ROOM: ColdRoom = { requests: 0, bytes: 0 };

const MOST: ColdRoom = { requests: 512, bytes: 64 * 1024 * 1024 };

/** Undefined: there is no room for it. A single one always has room, however large: the limit of a request is another one. */
export const enter = (room: ColdRoom, bytes: number): ColdRoom | undefined =>
  room.requests >= MOST.requests || (room.requests > 0 && room.bytes + bytes > MOST.bytes)
    ? undefined
    : { requests: room.requests + 1, bytes: room.bytes + bytes };

export const leave = (room: ColdRoom, bytes: number): ColdRoom => ({
  requests: room.requests - 1,
  bytes: room.bytes - bytes,
});
