/** dvc.yaml as far as a build is made from it. What only describes (plots, artifacts, desc) is let through unread. */
import { z } from 'zod';
import { mapping } from '../yaml/expected.js';

const text = z.string({ error: 'text' }).min(1).max(8192);
const unread = z.unknown().exactOptional();
const PATH_WORDS = 'a path, or a path with its settings';
const output = z.union([text, z.record(text, z.unknown())], { error: PATH_WORDS });
const outputs = z.array(output).max(100).default([]);

const cmd = z.union([text, z.array(text).min(1).max(50)], { error: 'a command, or a list of commands' });
const vars = z
  .array(z.union([text, z.record(text, z.unknown())], { error: 'a file, or a mapping' }))
  .max(50)
  .default([]);

const rest = {
  wdir: text.exactOptional(),
  vars,
  deps: z.array(text).max(200).default([]),
  params: z
    .array(z.union([text, z.record(text, z.array(text).nullable())], { error: 'a key, or a file with its keys' }))
    .max(100)
    .default([]),
  outs: outputs,
  metrics: outputs,
  plots: outputs,
  frozen: z.boolean().default(false),
  always_changed: z.boolean().default(false),
  desc: unread,
  meta: unread,
};

const ITEMS = 'a list, a mapping, or a ${…} of one';
const items = z.union([text, z.array(z.unknown()).min(1).max(50), z.record(text, z.unknown())], { error: ITEMS });

/** One command, or many of one shape: by `foreach` and `do`, or by `matrix`. Which keys go together is a rule. */
const stage = mapping({
  cmd: cmd.exactOptional(),
  ...rest,
  foreach: items.exactOptional(),
  do: mapping({ cmd, ...rest }).exactOptional(),
  matrix: z
    .record(text, z.union([text, z.array(z.unknown()).min(1).max(50)], { error: 'a list, or a ${…} of one' }))
    .exactOptional(),
});

export const dvcSchema = mapping({
  vars,
  stages: z.record(text, stage),
  params: unread,
  metrics: unread,
  plots: unread,
  artifacts: unread,
});

export type WrittenStage = z.output<typeof stage>;
export type WrittenDvc = z.output<typeof dvcSchema>;
