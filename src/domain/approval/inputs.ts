import { canonicalJson } from '../canonical.js';
import type { Decision } from './decisionKinds.js';
import { matchesPattern } from './inputPattern.js';

/** What an environment asks of whoever approves, besides yes. */
export type InputQuestion = InputText | InputChoice | InputNumber | InputBoolean;

interface Asked {
  /** What is asked, in words. */
  readonly description?: string;
  /** False: it may be left out. */
  readonly required?: boolean;
}

export interface InputText extends Asked {
  readonly type: 'text';
  /** In the small language of `inputPattern`; the whole text must match. */
  readonly pattern?: string;
  /** In characters; 200 where absent. */
  readonly maxLength?: number;
  readonly default?: string;
}

export interface InputChoice extends Asked {
  readonly type: 'choice';
  readonly of: readonly string[];
  readonly default?: string;
}

export interface InputNumber extends Asked {
  readonly type: 'number';
  readonly min?: number;
  readonly max?: number;
  readonly default?: number;
}

export interface InputBoolean extends Asked {
  readonly type: 'boolean';
  readonly default?: boolean;
}

export type InputValue = string | number | boolean;
export type InputValues = Readonly<Record<string, InputValue>>;
export type InputQuestions = Readonly<Record<string, InputQuestion>>;

export type CheckedInputs =
  | { readonly ok: true; readonly values: InputValues }
  /** Every answer that is wrong or missing, in words. */
  | { readonly ok: false; readonly reasons: readonly string[] };

export const MAX_INPUT_LENGTH = 200;
/** Of all answers together, as JSON: a statement must stay small enough to be pasted, and to be taken by a release. */
export const MAX_INPUTS_LENGTH = 1_500;

/** Answers to what is asked, with defaults for what was left out. Names that nobody asked for are refused, too. */
export const checkInputs = (questions: InputQuestions, given: InputValues): CheckedInputs => {
  const strangers = Object.keys(given).filter((name) => !Object.hasOwn(questions, name));
  const values: Record<string, InputValue> = {};
  const reasons = strangers.map((name) => `${name} is not asked for`);
  for (const [name, question] of Object.entries(questions)) {
    const value = Object.hasOwn(given, name) ? given[name] : question.default;
    if (value !== undefined) values[name] = value;
    const wrong = value === undefined ? missing(question) : faultOf(question, value);
    if (wrong !== undefined) reasons.push(`${name} ${wrong}`);
  }
  if (reasons.length === 0 && canonicalJson(values).length > MAX_INPUTS_LENGTH)
    reasons.push(`all together must be at most ${MAX_INPUTS_LENGTH} characters`);
  return reasons.length === 0 ? { ok: true, values } : { ok: false, reasons };
};

/** Why what was signed does not answer what is asked; undefined where it does. Only an approval answers. */
export const inputsFault = (
  decision: Decision,
  questions: InputQuestions = {},
  given: InputValues = {},
): string | undefined => {
  if (decision !== 'approve')
    return Object.keys(given).length === 0 ? undefined : `only an approval has inputs, not ${decision}`;
  const checked = checkInputs(questions, given);
  return checked.ok ? undefined : checked.reasons.join('; ');
};

/** "ticket=OPS-1, sure=true": what somebody answered. */
export const sayInputs = (values: InputValues = {}): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');

/** What may be answered, in words. */
export const sayQuestion = (question: InputQuestion): string => {
  switch (question.type) {
    case 'text':
      return `a text of at most ${question.maxLength ?? MAX_INPUT_LENGTH} characters${question.pattern === undefined ? '' : ` like ${question.pattern}`}`;
    case 'choice':
      return `one of ${question.of.join(', ')}`;
    case 'number':
      return `a number${question.min === undefined ? '' : ` from ${question.min}`}${question.max === undefined ? '' : ` to ${question.max}`}`;
    case 'boolean':
      return 'true or false';
  }
};

/** What becomes of an answer that is left out; undefined where it may not be. */
export const sayOptional = (question: InputQuestion): string | undefined => {
  if (question.default !== undefined) return `${question.default} where it is left out`;
  return question.required === false ? 'may be left out' : undefined;
};

const missing = (question: InputQuestion): string | undefined =>
  question.required === false ? undefined : `is missing: ${sayQuestion(question)}`;

const faultOf = (question: InputQuestion, value: InputValue): string | undefined =>
  fits(question, value) ? undefined : `must be ${sayQuestion(question)}`;

/** Line breaks, and what would steer a terminal or turn the order of letters round. */
const STEERS = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Does a value answer a question? */
export const fits = (question: InputQuestion, value: InputValue): boolean => {
  switch (question.type) {
    case 'text':
      return (
        typeof value === 'string' &&
        value.trim() !== '' &&
        value.length <= (question.maxLength ?? MAX_INPUT_LENGTH) &&
        !STEERS.test(value) &&
        (question.pattern === undefined || matchesPattern(question.pattern, value))
      );
    case 'choice':
      return typeof value === 'string' && question.of.includes(value);
    case 'number':
      return (
        typeof value === 'number' &&
        Number.isFinite(value) &&
        value >= (question.min ?? -Infinity) &&
        value <= (question.max ?? Infinity)
      );
    case 'boolean':
      return typeof value === 'boolean';
  }
};

/** What somebody typed, as the value that the question asks for; what cannot be one stays text, and is refused as that. */
export const readInput = (question: InputQuestion | undefined, typed: string): InputValue => {
  if (question?.type === 'number' && typed.trim() !== '' && Number.isFinite(Number(typed))) return Number(typed);
  if (question?.type === 'boolean' && (typed === 'true' || typed === 'false')) return typed === 'true';
  return typed;
};
