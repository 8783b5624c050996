import type { Came, Finding, Outcome, StageOutcome } from './finding.ts'
import { stageNamed } from './stages.ts'

const margin = '              '
const width = 84

/** How much is shown of what is long: a few lines, or all of it. */
export interface Shown {
  readonly whole?: boolean
}

/** The outcome for people: how far it is, what is next, and each failure. */
export function textReport(outcome: Outcome, shown: Shown = {}): string {
  const findings = outcome.stages.flatMap((stage) => stage.findings)
  const notes = outcome.notes.map((note) => `note: ${note}`)
  const parts = [[...outcome.stages.map(stageLine), ...notes].join('\n'), next(outcome)]
  let full = 0
  // A cause is told once: what else comes of it is only named.
  for (const [i, finding] of findings.entries()) {
    if (findings.findIndex(({ cause }) => cause === finding.cause) !== i) continue
    const others = findings.slice(i + 1).filter(({ cause }) => cause === finding.cause)
    const same = others.length > 0 ? [`  the same in  ${others.map((other) => other.case).join('\n               ')}`] : []
    // Who has mended the first few sees the rest then.
    const text = full++ < 4 || shown.whole ? textOf(finding, shown) : textOf(finding, shown).split('\n').slice(0, 3).join('\n')
    parts.push([text, ...same].join('\n'))
  }
  return `${[...parts, counts(outcome)].filter((part) => part !== '').join('\n\n')}\n`
}

/** What is counted in one line: `12 passed, 1 failed, 3 skipped`, and what was not reached. */
export function counts({ stages }: Outcome): string {
  const sum = (count: (stage: StageOutcome) => number) => stages.reduce((all, stage) => all + count(stage), 0)
  const left = sum((stage) => stage.left)
  const counted = `${sum((s) => s.passed.length)} passed, ${sum((s) => s.findings.length)} failed, ${sum((s) => s.skipped.length)} skipped`
  return left > 0 ? `${counted}, ${left} not reached` : counted
}

function stageLine({ stage, passed, findings, skipped, left }: StageOutcome): string {
  const played = passed.length + findings.length
  const state = findings.length > 0 ? `${passed.length} of ${played + left}` : played > 0 ? 'green' : left > 0 ? 'not reached' : 'not asked'
  const why = played === 0 && left === 0 && skipped[0] ? `  (${skipped[0].because})` : ''
  return `${stage.padEnd(12)}${state.padEnd(13)}${stageNamed(stage).says}${why}`
}

function next({ stages }: Outcome): string {
  const red = stages.find(({ findings }) => findings.length > 0)
  const finding = red?.findings[0]
  if (finding) return `next: ${finding.case}\n      ${finding.cause}`
  return stages.some(({ passed }) => passed.length > 0) ? 'Nothing is wrong that was asked.' : ''
}

/**
 * A failure for people: the case, the likely cause and the page to read; what was sent, what was
 * expected, and what came with a caret under the first byte that is wrong.
 */
export function textOf(finding: Finding, { whole = false }: Shown = {}): string {
  const { came, where } = finding
  const lines = [`FAILED  ${finding.case}${where === undefined ? '' : `  (${where})`}`]
  const texts = (texts: readonly string[]) => shortened(texts.map((text) => shorten(text, whole)), whole)
  lines.push(...block('cause', [finding.cause]))
  lines.push(...block('read', [finding.page]))
  lines.push(...block('sent', texts(finding.sent)))
  lines.push(...block('expected', texts(finding.expected)))
  lines.push(...received(came, whole))
  lines.push(...block('why', finding.why))
  const stderr = finding.stderr.trimEnd().split(/\r?\n/)
  if (stderr.join('') !== '') lines.push(...block('its stderr', (whole ? stderr : stderr.slice(-6)).map((text) => shorten(text, whole))))
  if ([...finding.sent, ...finding.expected].some((text) => /^(\d+ x )?B /.test(text))) {
    lines.push(...block('A, B', ['two connections; a line without a letter is of A']))
  }
  return lines.join('\n')
}

function received(came: Came, whole: boolean): string[] {
  const label = came.on === 'stdout' ? 'printed' : came.on === 'A' ? 'received' : `received ${came.on}`
  if (came.kind !== 'bytes') return block(label, [`${came.kind === 'end' ? 'the end of the connection' : 'nothing'}: ${came.says}`])
  const { text, caret } = whole
    ? { text: show(came.bytes), caret: columns(show(came.bytes.slice(0, came.at))) }
    : window(came.bytes, came.at)
  return [...block(label, [text]), `${margin}${' '.repeat(caret)}^ ${came.says}`]
}

function block(label: string, texts: readonly string[]): string[] {
  return texts.map((text, i) => `${i === 0 ? `  ${label}`.padEnd(margin.length) : margin}${text}`)
}

function shortened(texts: readonly string[], whole: boolean): readonly string[] {
  return whole || texts.length <= 6 ? texts : [...texts.slice(0, 5), `(and ${texts.length - 5} more)`]
}

function shorten(text: string, whole: boolean): string {
  const visible = showControls(text)
  return whole || visible.length <= width * 2 ? visible : `${visible.slice(0, width * 2 - 1)}…`
}

/** The part of the bytes around `at` that fits on a line, and the column of `at` in it. */
function window(bytes: string, at: number): { text: string; caret: number } {
  const before = show(bytes.slice(0, at))
  const after = show(bytes.slice(at, at + width * 4)) + (bytes.length > at + width * 4 ? ' ' : '')
  const cutBefore = before.length + after.length > width && before.length > (width * 2) / 3
  const head = cutBefore ? `…${before.slice(-Math.floor((width * 2) / 3))}` : before
  const room = Math.max(width - head.length, 20)
  const tail = after.length > room ? `${after.slice(0, room)}…` : after
  return { text: head + tail, caret: columns(head) }
}

/** Columns that a text takes in a terminal. */
function columns(text: string): number {
  const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u
  return [...text].reduce((sum, char) => sum + (wide.test(char) ? 2 : 1), 0)
}

/** Bytes, one character each, as people read them: UTF-8 where it is, otherwise as in a case file. */
export function show(bytes: string): string {
  const sequence = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]/g
  const text = bytes.replace(sequence, (piece) => {
    const read = Buffer.from(piece, 'latin1').toString()
    return read.includes('\ufffd') || read === '\ufeff' ? [...piece].map(escaped).join('') : read
  })
  return showControls(text)
}

/** Control characters as they are written in a case file. */
function showControls(text: string): string {
  const names: Record<string, string> = { '\r': '\\r', '\n': '\\n', '\t': '\\t' }
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => names[char] ?? escaped(char))
}

function escaped(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** The outcome as one line of JSON; bytes that came are as they are shown to people, all of them. */
export function jsonReport(outcome: Outcome): string {
  const finding = ({ came, ...rest }: Finding) => ({
    ...rest,
    came: came.kind === 'bytes' ? { ...came, bytes: show(came.bytes) } : came,
  })
  const stages = outcome.stages.map((stage) => ({ ...stage, findings: stage.findings.map(finding) }))
  return `${JSON.stringify({ ...outcome, stages })}\n`
}

/** The outcome as JUnit XML, as build servers read it: a suite for each stage, a case for each case. */
export function junitReport(outcome: Outcome): string {
  const suites = outcome.stages.map(({ stage, passed, skipped, findings }) => {
    const cases = [
      ...passed.map((name) => `    <testcase classname="${stage}" name="${xml(name)}"/>`),
      ...skipped.map((one) => `    <testcase classname="${stage}" name="${xml(one.case)}"><skipped message="${xml(one.because)}"/></testcase>`),
      ...findings.map((finding) => {
        const failure = `<failure message="${xml(finding.cause)}">${xml(textOf(finding, { whole: true }))}</failure>`
        return `    <testcase classname="${stage}" name="${xml(finding.case)}">${failure}</testcase>`
      }),
    ]
    const attributes = `tests="${cases.length}" failures="${findings.length}" skipped="${skipped.length}"`
    return [`  <testsuite name="${stage}" ${attributes}>`, ...cases, '  </testsuite>'].join('\n')
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${xml(outcome.subject)}">\n${suites.join('\n')}\n</testsuites>\n`
}

function xml(text: string): string {
  const names: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }
  // XML 1.0 has no way of writing most control characters, nor half of a surrogate pair.
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(/[<>&"]/g, (char) => names[char]!)
}
