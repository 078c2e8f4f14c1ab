import { toFloat32, type LinearLayer } from "@prune/core";

/** |w| of every weight of a layer. */
export const magnitudes = ({ tensor }: LinearLayer): Float32Array => toFloat32(tensor).map(Math.abs);
