/** The models that an operator releases: where each comes from, and what its slipway.yaml must ask for at least. */
import { z } from 'zod';
import { duration, name } from '../contract/names.js';
import { mapping, wholeNumber } from '../contract/yaml/expected.js';
import { instant } from './instant.js';

const replay = mapping({
  anchor: instant,
  speed: z.number().gt(0).max(1_000_000),
});

const clock = z.union([z.enum(['wall', 'arrivals']), mapping({ replay })], {
  error: 'wall, arrivals, or {replay: {anchor, speed}}',
});

const approvalFloor = mapping({
  roles: z.array(name).min(1).max(20),
  quorum: wholeNumber().min(1).max(20).default(1),
  groups: z
    .array(mapping({ roles: z.array(name).min(1).max(20), quorum: wholeNumber().min(1).max(20).default(1) }))
    .max(10)
    .exactOptional()
    .describe('Of those who approve, so many must have one of these roles.'),
});

const minimum = mapping({
  approval: approvalFloor.exactOptional(),
  gates: z.array(name).max(50).default([]),
  hotfix: z
    .union(
      [
        z.literal('forbidden'),
        mapping({
          approval: approvalFloor.exactOptional(),
          reviewWithin: duration('1m', '45d').exactOptional().describe('The longest time until its review.'),
        }),
      ],
      { error: 'forbidden, or {approval, reviewWithin}' },
    )
    .exactOptional()
    .describe('What a hotfix must meet; absent: approval, as every other release.'),
}).describe('What slipway.yaml must ask for here at least; it may ask for more.');

export const model = mapping({
  name,
  repository: mapping({
    url: z.string({ error: 'the address or folder of a Git repository' }).min(1).max(2000),
    branch: z
      .string({ error: 'a branch name' })
      .regex(/^(?!-)(?!.*\.\.)[^\s~^:?*[\\\u0000-\u001f]{1,200}$/, 'a branch name')
      .default('main'),
  }),
  environments: z
    .array(mapping({ name, clock: clock.default('wall'), minimum: minimum.exactOptional() }))
    .max(20)
    .default([]),
});
