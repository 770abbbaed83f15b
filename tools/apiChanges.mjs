/**
 * What of one OpenAPI document another breaks for those who use the API as the first describes it: operations, parameters
 * and fields that went, what is asked for that was not, types and values that became fewer (in what is sent) or more (in
 * what is answered). Only shapes are compared; words are free.
 *
 * @param {Json} before as published @param {Json} after as it would be
 * @returns {string[]} one line for each break, with its place
 * @typedef {any} Json
 */
export function breakingChanges(before, after) {
  const broken = [];
  for (const [path, methods] of Object.entries(before.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const at = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      if (now === undefined) broken.push(`${at}: the route is gone`);
      else compareOperation(at, { before, after }, operation, now, broken);
    }
  for (const [name, schema] of Object.entries(before.components?.schemas ?? {}))
    compare(`schema ${name}`, 'answered', { before, after }, schema, after.components?.schemas?.[name], broken);
  return broken;
}

function compareOperation(at, documents, before, now, broken) {
  const parameters = (operation) => new Map((operation.parameters ?? []).map((one) => [`${one.in} ${one.name}`, one]));
  const [had, has] = [parameters(before), parameters(now)];
  for (const [name, parameter] of had) {
    const other = has.get(name);
    if (other === undefined) broken.push(`${at}: ${name} is gone`);
    else compare(`${at}: ${name}`, 'sent', documents, parameter.schema, other.schema, broken);
  }
  for (const [name, { required }] of has)
    if (required && had.get(name)?.required !== true) broken.push(`${at}: ${name} is required now`);
  const bodies = (operation) => operation.requestBody?.content ?? {};
  for (const [media, { schema }] of Object.entries(bodies(before)))
    compare(`${at}: body`, 'sent', documents, schema, bodies(now)[media]?.schema, broken);
  if (before.requestBody === undefined && now.requestBody?.required) broken.push(`${at}: a body is required now`);
  if (before.security?.length === 0 && now.security?.length > 0) broken.push(`${at}: a token is required now`);
  for (const [status, answer] of Object.entries(before.responses)) {
    const other = now.responses[status];
    if (other === undefined) {
      broken.push(`${at}: answer ${status} is gone`);
      continue;
    }
    for (const [media, { schema }] of Object.entries(answer.content ?? {})) {
      const found = other.content?.[media];
      if (found === undefined) broken.push(`${at}: answer ${status} is no ${media} any more`);
      else compare(`${at}: answer ${status}`, 'answered', documents, schema, found.schema, broken);
    }
  }
}

/** @param {'sent' | 'answered'} way what is sent may become wider, what is answered narrower; never the other way round */
function compare(at, way, documents, first, second, broken) {
  const before = resolve(documents.before, first);
  const after = resolve(documents.after, second);
  if (after === undefined) return void broken.push(`${at} is gone`);
  if (before === undefined) return;
  compareValues(at, way, before, after, broken);
  compareBounds(at, way, before, after, broken);
  for (const [name, property] of Object.entries(before.properties ?? {}))
    compare(`${at}.${name}`, way, documents, property, after.properties?.[name], broken);
  const required = (schema) => new Set(schema.required ?? []);
  const [had, has] = [required(before), required(after)];
  if (way === 'sent') for (const name of has) if (!had.has(name)) broken.push(`${at}.${name} is required now`);
  if (way === 'answered') for (const name of had) if (!has.has(name)) broken.push(`${at}.${name} may be missing now`);
  if (way === 'sent' && closed(after) && !closed(before)) broken.push(`${at} takes no further fields now`);
  if (before.items !== undefined) compare(`${at}[]`, way, documents, before.items, after.items, broken);
  for (const words of ['anyOf', 'oneOf', 'allOf'])
    if (JSON.stringify(shapeOf(before[words])) !== JSON.stringify(shapeOf(after[words])))
      broken.push(`${at}: its alternatives (${words}) have changed`);
}

const closed = (schema) => schema.additionalProperties === false;

/** Types and values: none may go from what is sent, none may come to what is answered. */
function compareValues(at, way, before, after, broken) {
  for (const [word, valuesOf] of [
    ['type', ({ type }) => (type === undefined ? undefined : [type].flat())],
    ['value', ({ enum: values, const: value }) => values ?? (value === undefined ? undefined : [value])],
  ]) {
    const [had, has] = [valuesOf(before), valuesOf(after)];
    const [wide, narrow] = way === 'sent' ? [had, has] : [has, had];
    if (narrow === undefined) continue;
    if (wide === undefined)
      broken.push(
        `${at}: only ${word}s ${narrow.join(', ')} ${way === 'sent' ? 'are taken now' : 'were answered before'}`,
      );
    else
      for (const one of wide.filter((value) => !narrow.includes(value)))
        broken.push(`${at}: ${word} ${one} ${way === 'sent' ? 'is not taken any more' : 'may be answered now'}`);
  }
}

/** Bounds of what is sent may only widen. */
function compareBounds(at, way, before, after, broken) {
  if (way !== 'sent') return;
  for (const word of ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'])
    if (after[word] !== undefined && !(before[word] >= after[word]))
      broken.push(`${at}: ${word} is ${after[word]} now`);
  for (const word of ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'])
    if (after[word] !== undefined && !(before[word] <= after[word]))
      broken.push(`${at}: ${word} is ${after[word]} now`);
  if (after.pattern !== undefined && after.pattern !== before.pattern)
    broken.push(`${at}: another pattern is asked for`);
}

const resolve = (document, schema) =>
  schema?.$ref === undefined
    ? schema
    : resolve(
        document,
        schema.$ref
          .slice(2)
          .split('/')
          .reduce((at, key) => at?.[key], document),
      );

/** A schema without its words. */
function shapeOf(schema) {
  if (Array.isArray(schema)) return schema.map(shapeOf);
  if (schema === null || typeof schema !== 'object') return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => key !== 'description' || typeof value !== 'string')
      .map(([key, value]) => [key, shapeOf(value)]),
  );
}
