/** A number, or a number for each step of a chain, from 0: to anneal a step size, a noise or a temperature. */
export type Schedule = number | ((step: number) => number);
