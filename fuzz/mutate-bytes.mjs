/** Little-endian numbers that break what was never checked. */
const WORDS = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** A damaged copy of a file: one to four changes to its bytes, most of them near its beginning or its end. */
export function mutateBytes(file, random) {
  let bytes = Buffer.from(file);
  const place = () => {
    const near = random.below(Math.min(bytes.length, 200));
    return random.pick([near, bytes.length - 1 - near, random.below(bytes.length)]);
  };
  const changes = [
    () => (bytes[place()] = random.below(256)),
    () => (bytes[place()] ^= 1 << random.below(8)),
    () => bytes.writeUInt32LE(random.pick(WORDS), Math.max(0, Math.min(place(), bytes.length - 4))),
    () => bytes.writeUInt16LE(random.pick(WORDS) & 0xffff, Math.max(0, Math.min(place(), bytes.length - 2))),
    () => (bytes = bytes.subarray(0, place())),
    () => (bytes = Buffer.concat([bytes.subarray(0, place()), bytes.subarray(place())])),
    () => (bytes = Buffer.concat([bytes, Buffer.alloc(1 + random.below(64), random.below(256))])),
  ];
  for (let i = 0; i <= random.below(4) && bytes.length >= 4; i++) random.pick(changes)();
  return bytes;
}
