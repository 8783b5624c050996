import { around, Rope } from './rope.ts'
import type { Text } from './rope.ts'

/** Characters from which on it pays to look before writing. */
export const long = 512
/** Members that are looked at for a long text. */
const few = 4
const scratch = Buffer.allocUnsafeSlow(64 * 1024)
const words = new Int32Array(scratch.buffer)
const spaces = 0x20202020

/**
 * The same as JSON.stringify, several times as fast for long plain texts, alone or as one of the
 * first members. It looks at each character to see whether it must be escaped; to find out that none
 * must be, larger steps will do. (V8 does so by itself from 13.8 on, which is Node 25.)
 */
export function stringify(value: unknown): Text | undefined {
  if (typeof value === 'string') return isPlain(value) ? new Rope('"', value, '"') : JSON.stringify(value)
  if (!hasLongText(value)) return JSON.stringify(value)
  let members: Text = ''
  for (const name of Object.keys(value)) {
    const member = value[name]
    // Anything else is left out, says itself how it is written, or has members of its own.
    const isSimple = member === null || /string|number|boolean/.test(typeof member)
    if (!isSimple) return JSON.stringify(value)
    const next: Text = around(`${members && ','}${JSON.stringify(name)}:`, stringify(member)!, '')
    members = typeof members === 'string' ? around(members, next, '') : around('', members, `${next}`)
  }
  return around('{', members, '}')
}

/** True for a plain object with a long text. */
function hasLongText(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  let left = few
  for (const name in value) {
    const member: unknown = value[name as never]
    const isLong = typeof member === 'string' && member.length >= long
    if (isLong) return Object.getPrototypeOf(value) === Object.prototype && !('toJSON' in value)
    if (--left === 0) break
  }
  return false
}

/** True for long ASCII text without quotes, backslashes and control characters: it stands in JSON as it is. */
function isPlain(text: string): boolean {
  if (text.length < long || text.includes('"') || text.includes('\\')) return false
  return isPrintable(text, 'utf8')
}

/**
 * True if there is no control character in it, and nothing else that is not ASCII. As latin1 each
 * character is its lowest byte: that is quicker, and some that are not ASCII look as if they were.
 */
export function isPrintable(text: string, encoding: 'utf8' | 'latin1'): boolean {
  const { length } = text
  if (length > scratch.length - 16 || scratch.write(text, encoding) !== length) return false
  scratch.fill(' ', length, length + 16)
  // Four bytes at a time, and four times that: the highest bit of one is set if it was below 32, or a lower one was.
  let low = 0
  for (let i = 0; i << 2 < length; i += 4) {
    low |= (words[i]! - spaces) | (words[i + 1]! - spaces) | (words[i + 2]! - spaces) | (words[i + 3]! - spaces)
  }
  return (low & 0x80808080) === 0
}
