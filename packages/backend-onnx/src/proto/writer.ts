import type { Chunk } from "./chunk.ts";
import { WIRE } from "./schema.ts";
import { encodeText } from "./text.ts";

/** Views shorter than this are copied into the running block: one `writev` entry each would cost more than the copy. */
const COPY_BELOW = 4096;

const FIRST_BLOCK = 64;
const LARGEST_BLOCK = 65536;

/** Writes one protobuf message as a list of chunks; large payloads are referred to, never copied. */
export class Writer {
  /** Bytes written so far. */
  length = 0;
  readonly #chunks: Chunk[] = [];
  #block: Uint8Array = new Uint8Array(FIRST_BLOCK);
  #at = 0;

  /** An integer field. Negative values take the ten bytes of their two's complement, as protobuf has it. */
  int(field: number, value: number): void {
    this.#tag(field, WIRE.varint);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#tag(field, WIRE.fixed32);
    this.#copy(new Uint8Array(Float32Array.of(value).buffer));
  }

  string(field: number, value: string): void {
    this.bytes(field, encodeText(value));
  }

  /** A length-delimited field. */
  bytes(field: number, payload: Chunk): void {
    this.#tag(field, WIRE.bytes);
    this.#varint(payload.length);
    this.append(payload);
  }

  /** A nested message. */
  message(field: number, write: (message: Writer) => void): void {
    const inner = new Writer();
    write(inner);
    this.#tag(field, WIRE.bytes);
    this.#varint(inner.length);
    for (const chunk of inner.finish()) this.append(chunk);
  }

  /** Bytes that are complete fields already. */
  append(chunk: Chunk): void {
    if (chunk instanceof Uint8Array && chunk.length < COPY_BELOW) return this.#copy(chunk);
    this.#flush();
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  /** The chunks written so far, in order. */
  finish(): readonly Chunk[] {
    this.#flush();
    return this.#chunks;
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    this.#room(10);
    const from = this.#at;
    if (value < 0) this.#negative(value);
    else {
      let rest = value;
      for (; rest >= 128; rest = Math.floor(rest / 128)) this.#block[this.#at++] = (rest % 128) | 128;
      this.#block[this.#at++] = rest;
    }
    this.length += this.#at - from;
  }

  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 128n; rest >>= 7n) this.#block[this.#at++] = Number(rest & 127n) | 128;
    this.#block[this.#at++] = Number(rest);
  }

  #copy(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#block.set(bytes, this.#at);
    this.#at += bytes.length;
    this.length += bytes.length;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#block.length) return;
    const size = Math.min(LARGEST_BLOCK, this.#block.length * 4);
    this.#flush();
    this.#block = new Uint8Array(Math.max(size, bytes));
  }

  #flush(): void {
    if (this.#at === 0) return;
    this.#chunks.push(this.#block.subarray(0, this.#at));
    this.#block = this.#block.subarray(this.#at);
    this.#at = 0;
  }
}
