import {
  checkInputs,
  readInput,
  sayOptional,
  sayQuestion,
  type InputQuestion,
  type InputQuestions,
  type InputValue,
  type InputValues,
} from '../domain/approval/inputs.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';

/** `--input name=value`, any number of times, as the values that are asked for. */
export const readInputs = (words: readonly string[], questions: InputQuestions = {}): InputValues =>
  Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at <= 0) throw new SlipwayError('usage', `${word} is not of the form name=value`);
      const name = word.slice(0, at);
      const question = Object.hasOwn(questions, name) ? questions[name] : undefined;
      return [name, readInput(question, word.slice(at + 1))];
    }),
  );

/** Asks in the terminal for what was not given; undefined: nobody wants to answer. */
export const askInputs = async (questions: InputQuestions, given: InputValues): Promise<InputValues | undefined> => {
  const answers: Record<string, InputValue> = { ...given };
  for (const [name, question] of Object.entries(questions)) {
    if (Object.hasOwn(given, name)) continue;
    const answer = await askOne(name, question);
    if (answer === undefined) return undefined;
    if (answer !== '') answers[name] = answer;
  }
  return answers;
};

const askOne = async (name: string, question: InputQuestion): Promise<InputValue | undefined> => {
  const { confirm, isCancel, select, text } = await import('@clack/prompts');
  const message = question.description === undefined ? name : `${name}: ${question.description}`;
  const output = process.stderr;
  if (question.type === 'boolean') {
    const sure = await confirm({ message, output, initialValue: question.default ?? false });
    return isCancel(sure) ? undefined : sure;
  }
  if (question.type === 'choice') {
    const left = question.required === false && question.default === undefined ? [{ value: '', label: 'none' }] : [];
    const options = [...question.of.map((value) => ({ value, label: value })), ...left];
    const chosen = await select({
      ...{ message, output, options },
      ...(question.default === undefined ? {} : { initialValue: question.default }),
    });
    return isCancel(chosen) ? undefined : chosen;
  }
  const typed = await text({
    ...{ message, output, placeholder: [sayQuestion(question), sayOptional(question)].filter(Boolean).join('; ') },
    validate: (written) => fault(name, question, written ?? ''),
  });
  return isCancel(typed) ? undefined : typed === '' ? '' : readInput(question, typed);
};

/** Nothing typed is an answer left out. */
const fault = (name: string, question: InputQuestion, typed: string): string | undefined => {
  const checked = checkInputs({ [name]: question }, typed === '' ? {} : { [name]: readInput(question, typed) });
  return checked.ok ? undefined : checked.reasons.join('; ');
};
