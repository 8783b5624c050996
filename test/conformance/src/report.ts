import type { Failure } from './run.ts'

const margin = '              '
const width = 84

/**
 * A failure for people: the case, what was sent, what came with a caret under the first
 * difference, what was expected, and where all that stands.
 */
export function report(failure: Failure): string {
  const { case: aCase, line, sent, expected, arrival, difference } = failure
  const at = `cases/${aCase.file}`
  const lines = [`FAILED  ${aCase.id}  (${at}:${aCase.line})`]
  lines.push(...block('sent', sent.map(shorten)))
  lines.push(...block('expected', expected.map(shorten), `(${at}:${line})`))
  if (arrival && arrival.kind !== 'closed') {
    const { text, caret } = window(arrival.raw, difference.at)
    lines.push(...block(arrival.on === 'A' ? 'received' : `received ${arrival.on}`, [text]))
    lines.push(`${margin}${' '.repeat(caret)}^ ${difference.says}`)
  } else {
    const what = arrival ? `the end of connection ${arrival.on}` : 'nothing'
    lines.push(...block('received', [`${what}: ${difference.says}`]))
  }
  lines.push(...block('why', [...aCase.why]))
  return lines.join('\n')
}

function block(label: string, texts: readonly string[], last = ''): string[] {
  return texts.map((text, i) => {
    const head = i === 0 ? `  ${label}`.padEnd(margin.length) : margin
    return `${head}${text}${i === texts.length - 1 && last ? `  ${last}` : ''}`
  })
}

function shorten(text: string): string {
  const visible = show(text)
  return visible.length <= width * 2 ? visible : `${visible.slice(0, width * 2 - 1)}…`
}

/** The part of the text around `at` that fits on a line, and where `at` is in it. */
function window(raw: string, at: number): { text: string; caret: number } {
  const before = show(raw.slice(0, at))
  const after = show(raw.slice(at))
  const cutBefore = before.length + after.length > width && before.length > (width * 2) / 3
  const head = cutBefore ? `…${before.slice(-Math.floor((width * 2) / 3))}` : before
  const room = Math.max(width - head.length, 20)
  const tail = after.length > room ? `${after.slice(0, room)}…` : after
  return { text: head + tail, caret: head.length }
}

/** Control characters as they are written in a case file. */
function show(text: string): string {
  const names: Record<string, string> = { '\r': '\\r', '\n': '\\n', '\t': '\\t' }
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    return names[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
