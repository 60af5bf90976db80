/**
 * What follows each hidden layer: `"leakyRelu"` is `max(x, 0.2 x)`, `"swish"` is `x sigmoid(x)`, `"relu"` is
 * `max(x, 0)`.
 *
 * Sampling follows gradients with respect to the input: a leaky ReLU keeps them from vanishing, swish also
 * keeps them continuous.
 */
export type Activation = "leakyRelu" | "swish" | "relu";
