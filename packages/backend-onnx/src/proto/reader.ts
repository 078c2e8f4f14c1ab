import { errorMalformed, errorTruncated, type Place } from "../errors.ts";
import { WIRE } from "./schema.ts";
import { type TextDecoding, textDecoding } from "./text.ts";

/** A file that is being read. */
export interface Input {
  readonly bytes: Uint8Array;
  /** Its name, for errors. */
  readonly source: string;
  readonly decode: TextDecoding;
}

/** A file from its bytes. */
export function inputOf(bytes: Uint8Array, source: string): Input {
  return { bytes, source, decode: textDecoding() };
}

/**
 * Reads one protobuf message field by field: `while (r.next()) if (r.field === …) …`.
 * Every length is checked against the message's end before anything is read or allocated.
 */
export class Reader {
  readonly input: Input;
  readonly from: number;
  readonly end: number;
  /** Name of the message, for errors. */
  readonly message: string;
  /** Number of the current field. */
  field = 0;
  /** Where the current field starts, tag included. */
  start = 0;
  /** Wire type of the current field. */
  wire = 0;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(input: Input, message: string, from = 0, end: number = input.bytes.length) {
    this.input = input;
    this.#bytes = input.bytes;
    this.message = message;
    this.from = from;
    this.end = end;
    this.#at = from;
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at >= this.end) return false;
    this.start = this.#at;
    const tag = this.#length();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field === 0 || this.field > MAX_FIELD) throw this.malformed(`field number ${this.field} does not exist`);
    return true;
  }

  /** Whether a packed list has another element. */
  more(): boolean {
    return this.#at < this.end;
  }

  /** The next element of a packed list of integers. */
  packedInt64(): number | bigint {
    return this.#int64();
  }

  /** The next element of a packed list of floats. */
  packedFloat(): number {
    return floatAt(this.#bytes, this.#take(4));
  }

  /** A 32-bit float. */
  float(): number {
    this.expect(WIRE.fixed32);
    return floatAt(this.#bytes, this.#take(4));
  }

  /** Passes over the current field. */
  skip(): void {
    switch (this.wire) {
      case WIRE.varint:
        this.#int64();
        break;
      case WIRE.fixed64:
        this.#take(8);
        break;
      case WIRE.fixed32:
        this.#take(4);
        break;
      case WIRE.bytes:
        this.#take(this.#length());
        break;
      default:
        throw this.malformed(`field ${this.field} has wire type ${this.wire}, which ONNX does not use`);
    }
  }

  /** All bytes of the current field, tag included: a view. */
  whole(): Uint8Array {
    this.skip();
    return this.#bytes.subarray(this.start, this.#at);
  }

  /** A signed 64-bit integer; a bigint where a number would not be exact. */
  int64(): number | bigint {
    this.expect(WIRE.varint);
    return this.#int64();
  }

  /** A signed integer that must be exact as a number. */
  int(): number {
    const value = this.int64();
    if (typeof value === "bigint") throw this.malformed(`field ${this.field} is ${value}, beyond 2^53`);
    return value;
  }

  /** Payload of a length-delimited field: a view. */
  view(): Uint8Array {
    this.expect(WIRE.bytes);
    const length = this.#length();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Payload of a field of any wire type but a varint: a view. */
  fixed(size: number): Uint8Array {
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  /** UTF-8 text. */
  string(): string {
    this.expect(WIRE.bytes);
    const length = this.#length();
    const at = this.#take(length);
    const text = this.input.decode(this.#bytes, at, at + length);
    if (text === undefined) throw this.malformed(`field ${this.field} should be text, but is not valid UTF-8`);
    return text;
  }

  /** A reader over a nested message. */
  nested(message: string): Reader {
    this.expect(WIRE.bytes);
    const length = this.#length();
    const at = this.#take(length);
    return new Reader(this.input, message, at, at + length);
  }

  /** A second reader over the same message. */
  again(): Reader {
    return new Reader(this.input, this.message, this.from, this.end);
  }

  /** All bytes of this message. */
  raw(): Uint8Array {
    return this.#bytes.subarray(this.from, this.end);
  }

  expect(wire: number): void {
    if (this.wire !== wire) throw this.malformed(`field ${this.field} has wire type ${this.wire}, not ${wire}`);
  }

  place(): Place {
    return { source: this.input.source, message: this.message, at: this.start };
  }

  malformed(problem: string): Error {
    return errorMalformed(this.place(), problem);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.end - at) throw errorTruncated(this.place(), length, this.end - at);
    this.#at = at + length;
    return at;
  }

  /** An unsigned varint below 2^53: a tag or a length. */
  #length(): number {
    const bytes = this.#bytes;
    const { end } = this;
    let value = 0;
    let scale = 1;
    for (let at = this.#at; at < end; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw this.malformed("a length is beyond 2^53");
      if (byte < 128) {
        this.#at = at;
        return value;
      }
    }
    throw errorTruncated(this.place(), 1, 0);
  }

  #int64(): number | bigint {
    const bytes = this.#bytes;
    const { end } = this;
    let low = 0;
    let high = 0;
    for (let i = 0, at = this.#at; i < MAX_VARINT && at < end; i++) {
      const byte = bytes[at++]!;
      if (i < 4) low |= (byte & 127) << (7 * i);
      else if (i === 4) {
        low |= (byte & 15) << 28;
        high = (byte & 127) >>> 4;
      } else high |= (byte & 127) << (7 * i - 32);
      if (byte < 128) {
        this.#at = at;
        const value = (high | 0) * 2 ** 32 + (low >>> 0);
        return Number.isSafeInteger(value) ? value : (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
      }
    }
    if (end - this.#at >= MAX_VARINT) throw this.malformed(`field ${this.field} is an integer of more than 10 bytes`);
    throw errorTruncated(this.place(), end - this.#at + 1, end - this.#at);
  }
}

const scratch = new DataView(new ArrayBuffer(4));

function floatAt(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 4; i++) scratch.setUint8(i, bytes[at + i]!);
  return scratch.getFloat32(0, true);
}

/** Longest encoding of a 64-bit integer, in bytes. */
const MAX_VARINT = 10;

/** Highest field number of protobuf. */
const MAX_FIELD = 2 ** 29 - 1;
