import * as tf from "@tensorflow/tfjs-core";

/** The settings of TensorFlow.js's convolution kernels that are used here. */
interface ConvAttributes {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape: [number, number, number, number];
  readonly inputShape: [number, number, number, number];
}

type Inputs = Readonly<Record<"x" | "dy" | "filter", tf.Tensor4D>>;

/** What a convolution's windows come to, for data with channels last. */
function infoOf(
  inputShape: [number, number, number, number],
  filterShape: [number, number, number, number],
  { strides, dilations = 1, pad, dimRoundingMode }: ConvAttributes,
  depthwise: boolean,
): tf.backend_util.Conv2DInfo {
  return tf.backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

function padded(x: tf.Tensor4D, { padInfo: { top, bottom, left, right } }: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
}

/**
 * dW of a convolution, as a convolution: examples become channels, input channels become examples, and dY, spread by the
 * strides, is the kernel. `x: [N, H, W, C]`, `dy: [N, OH, OW, M]` to `[kh, kw, C, M]`.
 */
function convFilterGradient({ x, dy }: Inputs, attributes: ConvAttributes): tf.Tensor {
  const { filterShape } = attributes;
  const info = infoOf(x.shape, filterShape, attributes, false);
  const images = tf.transpose(padded(x, info), [3, 1, 2, 0]);
  const kernel = tf.transpose(dy, [1, 2, 0, 3]);
  const all = tf.conv2d(images, kernel, 1, "valid", "NHWC", [info.strideHeight, info.strideWidth]);
  // Rows and columns that no window starts at yield more than the kernel's own.
  const own = tf.slice(all, [0, 0, 0, 0], [filterShape[2], filterShape[0], filterShape[1], filterShape[3]]);
  return tf.transpose(own, [1, 2, 0, 3]);
}

/**
 * dW of a depthwise convolution, one position of the kernel after another: what the position saw, times dY, summed.
 * `x: [N, H, W, C]`, `dy: [N, OH, OW, C·m]` to `[kh, kw, C, m]`.
 */
function depthwiseFilterGradient({ x, dy }: Inputs, attributes: ConvAttributes): tf.Tensor {
  const { filterShape } = attributes;
  const [rows, columns, channels, multiplier] = filterShape;
  const info = infoOf(x.shape, filterShape, attributes, true);
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, outHeight, outWidth, batchSize } = info;
  const image = padded(x, info);
  const rowsOfDy = tf.reshape(dy, [batchSize * outHeight * outWidth, channels, multiplier]);
  const positions: tf.Tensor[] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const [top, left] = [r * dilationHeight, c * dilationWidth];
      const [bottom, right] = [top + (outHeight - 1) * strideHeight + 1, left + (outWidth - 1) * strideWidth + 1];
      const seen = tf.stridedSlice(image, [0, top, left, 0], [batchSize, bottom, right, channels], [1, strideHeight, strideWidth, 1]); // prettier-ignore
      positions.push(tf.sum(tf.mul(tf.reshape(seen, [-1, channels, 1]), rowsOfDy), 0));
    }
  }
  return tf.reshape(tf.stack(positions), filterShape);
}

/**
 * dX of a depthwise convolution, as a depthwise convolution of dY, spread by the strides, with the kernel turned round.
 * `dy: [N, OH, OW, C·m]`, `filter: [kh, kw, C, m]` to `[N, H, W, C]`.
 */
function depthwiseInputGradient({ dy, filter }: Inputs, attributes: ConvAttributes): tf.Tensor {
  const { inputShape } = attributes;
  const [batch, height, width, channels] = inputShape;
  const [rows, columns, , multiplier] = filter.shape;
  const info = infoOf(inputShape, filter.shape, attributes, true);
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, outHeight, outWidth, padInfo } = info;
  const [reachDown, reachRight] = [(rows - 1) * dilationHeight, (columns - 1) * dilationWidth];
  const turned = tf.reverse(filter, [0, 1]);
  const parts = Array.from({ length: multiplier }, (_, m) => {
    const own = tf.slice(tf.reshape(dy, [batch, outHeight, outWidth, channels, multiplier]), [0, 0, 0, 0, m], [-1, -1, -1, -1, 1]); // prettier-ignore
    const spread = spreadBy(tf.reshape(own, [batch, outHeight, outWidth, channels]), strideHeight, strideWidth);
    const placed = place(
      spread,
      [reachDown - padInfo.top, reachRight - padInfo.left],
      [height + reachDown, width + reachRight],
    );
    const kernel = tf.slice(turned, [0, 0, 0, m], [-1, -1, -1, 1]);
    return tf.depthwiseConv2d(placed, kernel, 1, "valid", "NHWC", [dilationHeight, dilationWidth]);
  });
  return parts.length === 1 ? parts[0]! : tf.addN(parts);
}

/**
 * dX of a convolution, as a convolution of dY, spread by the strides, with the kernel turned round. The backend's own is
 * about ten times slower; beyond strides of 2, where most of what is read would be zeros between dY, it wins.
 * `dy: [N, OH, OW, M]`, `filter: [kh, kw, C, M]` to `[N, H, W, C]`.
 */
function convInputGradient({ dy, filter }: Inputs, attributes: ConvAttributes): tf.Tensor {
  const { inputShape } = attributes;
  const [, height, width] = inputShape;
  const [rows, columns] = filter.shape;
  const { strideHeight, strideWidth, padInfo } = infoOf(inputShape, filter.shape, attributes, false);
  const placed = place(
    spreadBy(dy, strideHeight, strideWidth),
    [rows - 1 - padInfo.top, columns - 1 - padInfo.left],
    [height + rows - 1, width + columns - 1],
  );
  const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(placed, turned, 1, "valid");
}

/** Zeros between rows and between columns. */
function spreadBy(x: tf.Tensor4D, strideHeight: number, strideWidth: number): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  if (strideHeight === 1 && strideWidth === 1) return x;
  const tall = tf.pad(tf.reshape(x, [n * h, 1, w * c]), [[0, 0], [0, strideHeight - 1], [0, 0]]); // prettier-ignore
  const wide = tf.pad(tf.reshape(tall, [n * h * strideHeight * w, 1, c]), [[0, 0], [0, strideWidth - 1], [0, 0]]); // prettier-ignore
  const all = tf.reshape<tf.Rank.R4>(wide, [n, h * strideHeight, w * strideWidth, c]);
  return tf.slice(all, [0, 0, 0, 0], [n, (h - 1) * strideHeight + 1, (w - 1) * strideWidth + 1, c]);
}

/** An image at an offset within zeros of a size; what does not fit is cut off. */
function place(x: tf.Tensor4D, [top, left]: [number, number], [height, width]: [number, number]): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const [after, beside] = [Math.max(0, height - top - h), Math.max(0, width - left - w)];
  const whole = tf.pad(x, [[0, 0], [top, after], [left, beside], [0, 0]]); // prettier-ignore
  return tf.slice(whole, [0, 0, 0, 0], [n, height, width, c]);
}

type Compute = (inputs: Inputs, attributes: ConvAttributes) => tf.Tensor;

const KERNELS: Readonly<Record<string, Compute>> = {
  Conv2DBackpropFilter: convFilterGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
};

const kernelFunc =
  (compute: Compute): tf.KernelFunc =>
  ({ inputs, attrs }) =>
    tf.tidy(() => compute(inputs as unknown as Inputs, attrs as unknown as ConvAttributes));

const SLOW = "Conv2DBackpropInput";
const replaced = new Set<string>();

/**
 * Registers the kernels that the `wasm` backend lacks for training convolutions, put together from those that it has, and
 * one in place of its slow `Conv2DBackpropInput`. Others that are registered already, as in a later version of the
 * backend, are left alone.
 */
export function registerTrainingKernels(backendName = "wasm"): void {
  for (const [kernelName, compute] of Object.entries(KERNELS)) {
    if (tf.getKernel(kernelName, backendName)) continue;
    tf.registerKernel({ kernelName, backendName, kernelFunc: kernelFunc(compute) });
  }
  const slow = tf.getKernel(SLOW, backendName);
  if (!slow || replaced.has(backendName)) return;
  replaced.add(backendName);
  tf.unregisterKernel(SLOW, backendName);
  const fast = kernelFunc(convInputGradient);
  tf.registerKernel({
    ...slow,
    kernelFunc: (params) => {
      const { strides, dataFormat = "NHWC" } = params.attrs as unknown as ConvAttributes;
      const suits = dataFormat === "NHWC" && Math.max(...[strides].flat()) <= 2;
      return suits ? fast(params) : slow.kernelFunc(params);
    },
  });
}
