/** Kinds of {@linkcode Addon.convolve}. */
export const ConvolutionKind = { forward: 0, inputGradient: 1, filterGradient: 2, forwardPacked: 3 } as const;

/** Numbers of the kernels in `cpp/kernels.h`, in the same order. */
export const Unary = {
  Neg: 0,
  Exp: 1,
  Expm1: 2,
  Log: 3,
  Log1p: 4,
  Sqrt: 5,
  Rsqrt: 6,
  Square: 7,
  Abs: 8,
  Reciprocal: 9,
  Relu: 10,
  Relu6: 11,
  LeakyRelu: 12,
  Elu: 13,
  Selu: 14,
  Sigmoid: 15,
  Tanh: 16,
  Softplus: 17,
  Erf: 18,
  Step: 19,
  Sign: 20,
  Clip: 21,
  Scale: 22,
  Fill: 23,
} as const;
/** Numbers of the functions of two numbers. */
export const Binary = {
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  Maximum: 4,
  Minimum: 5,
  SquaredDifference: 6,
  LeakyReluGrad: 7,
  EluGrad: 8,
  Prelu: 9,
} as const;
/** Numbers of the comparisons. */
export const Comparison = { Greater: 0, GreaterEqual: 1, Less: 2, LessEqual: 3, Equal: 4, NotEqual: 5 } as const;
/** Numbers of the reductions. */
export const Reduction = { Sum: 0, Max: 1, Min: 2 } as const;
