/** Returns numbers from 0 up to, not including, 1: the same ones for the same seed. */
export type Random = () => number

/** Tommy Ettinger's mulberry32: 32 bits of state, quick, random enough to look for bugs with. */
export function mulberry32(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}
