/** Characters from which on it pays to look before writing. */
const long = 512
const scratch = Buffer.allocUnsafeSlow(64 * 1024)
const words = new Int32Array(scratch.buffer)

/**
 * The same as JSON.stringify, several times as fast for long plain texts, alone or as a member. It
 * looks at each character to see whether it must be escaped; to find out that none must be, larger
 * steps will do. (V8 does so by itself from 13.8 on, which is Node 25.)
 */
export function stringify(value: unknown): string | undefined {
  if (typeof value === 'string') return isPlain(value) ? `"${value}"` : JSON.stringify(value)
  if (!isRecordOfTexts(value)) return JSON.stringify(value)
  let members = ''
  for (const name of Object.keys(value)) {
    members += `${members && ','}${JSON.stringify(name)}:${stringify(value[name])}`
  }
  return `{${members}}`
}

/** True for a plain object of simple values, one of which is a long text. */
function isRecordOfTexts(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || !hasLongText(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return false
  return Object.values(value).every((member) => member === null || /string|number|boolean/.test(typeof member))
}

function hasLongText(value: object): boolean {
  for (const name in value) {
    const member: unknown = value[name as never]
    if (typeof member === 'string' && member.length >= long) return true
  }
  return false
}

/** True for long ASCII text without quotes, backslashes and control characters: it stands in JSON as it is. */
function isPlain(text: string): boolean {
  const { length } = text
  if (length < long || length > scratch.length - 4) return false
  if (text.includes('"') || text.includes('\\') || scratch.write(text) !== length) return false
  scratch.write('    ', length)
  // Four bytes at a time: the highest bit of one is set if it was below 32, or a lower one was.
  let low = 0
  for (let i = 0; i << 2 < length; i++) low |= words[i]! - 0x20202020
  return (low & 0x80808080) === 0
}
