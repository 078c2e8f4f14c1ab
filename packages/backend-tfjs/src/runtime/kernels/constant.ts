import { float32Tensor, int64Tensor } from "@prune/core";
import { errorOperator } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { upload } from "../tensors.ts";

/** A tensor in the graph. */
export const constant: Kernel = ({ node }) => {
  const { value, value_float, value_floats, value_int, value_ints } = node.attributes;
  if (value?.type === "tensor") return [upload(value.value)];
  if (value_float?.type === "float") return [upload(float32Tensor("", [value_float.value], []))];
  if (value_floats?.type === "floats") return [upload(float32Tensor("", value_floats.value))];
  if (value_int?.type === "int") return [upload(int64Tensor("", [value_int.value], []))];
  if (value_ints?.type === "ints") return [upload(int64Tensor("", value_ints.value))];
  throw errorOperator(node, "its kind of value is not supported");
};
