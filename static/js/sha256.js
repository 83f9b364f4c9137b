// SHA-256 of a Blob as hex. The browser's own where it offers one (https and localhost); else the same in script, for a
// portal that is tried out over plain http. Files are read in blocks, so that a phone keeps its memory.
const BLOCK = 1024 * 1024;
const NATIVE_UP_TO = 32 * 1024 * 1024; // the browser's own wants the whole file at once

export default async function sha256(blob, goOn = () => true) {
  if (globalThis.crypto?.subtle && blob.size <= NATIVE_UP_TO) {
    return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())));
  }
  const sum = new Sum();
  for (let at = 0; at < blob.size && goOn(); at += BLOCK) sum.add(new Uint8Array(await blob.slice(at, at + BLOCK).arrayBuffer()));
  return sum.end();
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// The constants are the first bits of the fractional parts of roots of primes (FIPS 180-4).
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
const bits = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const K = Int32Array.from(primes, (prime) => bits(Math.cbrt(prime)));
const START = primes.slice(0, 8).map((prime) => bits(Math.sqrt(prime)));

class Sum {
  state = Int32Array.from(START);
  rest = new Uint8Array(64);
  held = 0;
  length = 0;
  words = new Int32Array(64);

  add(bytes) {
    this.length += bytes.length;
    let at = 0;
    if (this.held) {
      at = Math.min(64 - this.held, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.held);
      this.held += at;
      if (this.held < 64) return;
      this.round(this.rest, 0);
    }
    for (; at + 64 <= bytes.length; at += 64) this.round(bytes, at);
    this.held = bytes.length - at;
    this.rest.set(bytes.subarray(at));
  }

  round(bytes, from) {
    const { words: w, state } = this;
    for (let i = 0; i < 16; i++, from += 4) w[i] = (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3];
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + S1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] = (state[i] + value) | 0; });
  }

  end() {
    const size = this.length;
    const tail = new Uint8Array(((size % 64) < 56 ? 64 : 128) - (size % 64));
    tail[0] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(size / 2 ** 29));
    view.setUint32(tail.length - 4, (size * 8) >>> 0);
    this.add(tail);
    const out = new DataView(new ArrayBuffer(32));
    this.state.forEach((word, i) => out.setInt32(4 * i, word));
    return hex(new Uint8Array(out.buffer));
  }
}
