// How claims read digests, objects and facts.
export const hexOf = (digest) => digest.replace('sha256:', '');
export const json = (bytes) => JSON.parse(bytes.toString('utf8'));
export const deployedIn = (facts) => [facts.v1, ...(facts.v4 === undefined ? [] : [facts.v4])];
