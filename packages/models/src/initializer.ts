/**
 * How weights are drawn, with `fanIn` and `fanOut` the number of inputs and outputs of one unit (times the area of the
 * kernel for a convolution):
 *
 * - `"pytorch"`: kernels and biases uniform on `±1 / sqrt(fanIn)`, PyTorch's default for convolutions and linear layers;
 * - `"heNormal"`: kernels normal with variance `2 / fanIn`, not truncated; biases zero;
 * - `"glorotUniform"`: kernels uniform on `±sqrt(6 / (fanIn + fanOut))`; biases zero.
 */
export type Initializer = "pytorch" | "heNormal" | "glorotUniform";
