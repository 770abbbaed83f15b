/** `<kind>/<model>/<environment>/<date>/<hour>`, by the hour of an instant in UTC. */
export const hourFolder = (kind: string, model: string, environment: string, instant: number): string => {
  const [day, time] = new Date(instant).toISOString().split('T');
  return `${kind}/${model}/${environment}/${day}/${time!.slice(0, 2)}`;
};
