import type { Framing } from './frames.ts'
import { frame } from './frames.ts'
import type { Node } from './json.ts'
import { readJson } from './json.ts'
import type { Ability, StageName } from './stages.ts'
import { abilities, isStage } from './stages.ts'

/** One conversation with a server. `README.md` says how it is written down. */
export interface Case {
  /** File and name, `ids: a string`: what the table of states and `--filter` go by. */
  readonly id: string
  readonly file: string
  readonly line: number
  /** The comment under the name: why a server must do this. */
  readonly why: readonly string[]
  readonly framing: Framing
  readonly writes: Writes
  readonly stage: StageName
  /** The page that asks for this, and its section: `docs/wire.md#ids`. */
  readonly page: string
  /** What a server must be able to, for this to be asked of it. */
  readonly needs: Ability | undefined
  readonly script: readonly Step[]
}

/** How each send is cut into writes: not at all, into bytes, or in two, once at each place. */
export type Writes = 'whole' | 'one byte at a time' | 'split at every byte'

/** One line of the script; `on` names the connection, `text` is the line as it was written. */
export type Step = { readonly on: string; readonly line: number; readonly text: string } & (
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'message'; readonly pattern: Node; readonly optional: boolean; readonly inPieces: boolean; readonly others?: readonly Node[] }
  | { readonly kind: 'closed' }
  | { readonly kind: 'nothing' | 'end' | 'leave' | 'then' }
)

/** A mistake in a case file. */
export class NotationError extends Error {
  override readonly name = 'NotationError'
}

/** Reads the cases of one file; `file` is its name without folder. Throws NotationError. */
export function parseCases(file: string, source: string): Case[] {
  const cases: Mutable[] = []
  let current: Mutable | undefined
  // Said before the first case it is so for all of them that say nothing else.
  const usual: Pick<Mutable, 'stage' | 'page' | 'needs'> = { stage: 'messages', page: '', needs: undefined }
  for (const { line, text } of logicalLines(source)) {
    const fail = (problem: string) => new NotationError(`${file}:${line}: ${problem}: ${text}`)
    const setting = /^(case|framing|writes|stage|page|needs): (.*)$/.exec(text)
    if (setting?.[1] === 'case') {
      const id = `${file.replace(/\.txt$/, '')}: ${setting[2]}`
      if (cases.some((c) => c.id === id)) throw fail('a second case of this name')
      current = { ...usual, id, file, line, why: [], framing: 'content-length', writes: 'whole', script: [] }
      cases.push(current)
    } else if (setting?.[1] === 'stage') {
      if (!isStage(setting[2]!)) throw fail('there is no such stage')
      ;(current ?? usual).stage = setting[2]
    } else if (setting?.[1] === 'page') {
      ;(current ?? usual).page = `docs/${setting[2]!}`
    } else if (setting?.[1] === 'needs') {
      if (!Object.hasOwn(abilities, setting[2]!)) throw fail('nobody can be asked for this')
      ;(current ?? usual).needs = setting[2] as Ability
    } else if (text.startsWith('#')) {
      if (current?.script.length === 0) current.why.push(text.replace(/^# ?/, ''))
    } else if (!current) {
      throw fail('this stands before the first "case:"')
    } else if (setting?.[1] === 'framing') {
      if (setting[2] !== 'newline') throw fail('the other framing is "newline"')
      current.framing = setting[2]
    } else if (setting) {
      const writes = setting[2]
      if (writes !== 'one byte at a time' && writes !== 'split at every byte') {
        throw fail('writes are "one byte at a time" or "split at every byte"')
      }
      current.writes = writes
    } else {
      try {
        const other = /^<-\| (.*)$/.exec(text)?.[1]
        const before = current.script.at(-1)
        if (other !== undefined && before?.kind === 'message') {
          current.script[current.script.length - 1] = { ...before, others: [...(before.others ?? []), readJson(expand(other), true)] }
          continue
        }
        for (const step of steps(text, line, current.framing)) current.script.push(step)
      } catch (error) {
        throw fail((error as Error).message)
      }
    }
  }
  return cases
}

interface Mutable extends Case {
  readonly why: string[]
  framing: Framing
  writes: Writes
  stage: StageName
  page: string
  needs: Ability | undefined
  readonly script: Step[]
}

/** Lines without the blank ones; one that begins with white space continues the one before. */
function* logicalLines(source: string): Generator<{ line: number; text: string }> {
  let current: { line: number; text: string } | undefined
  for (const [i, text] of source.split(/\r?\n/).entries()) {
    if (text.trim() === '') continue
    if (/^\s/.test(text) && current) {
      current.text += text.trim()
    } else {
      if (current) yield current
      current = { line: i + 1, text: text.trimEnd() }
    }
  }
  if (current) yield current
}

const form =
  /^(?:(\d+) x )?(?:([A-Z]) )?(?:(-->|==>|<--|<-\?|<~~)(?: (.*))?|(nothing|closed|end|leave|then))$/

function* steps(text: string, line: number, framing: Framing): Generator<Step> {
  const [, times = '1', on = 'A', arrow, rest = '', word] = form.exec(text) ?? []
  if (arrow === undefined && word === undefined) throw new Error('what does this mean?')
  for (let n = 1; n <= Number(times); n++) {
    const common = { on, line, text }
    const content = expand(arrow === undefined || times === '1' ? rest : number(rest, n))
    if (arrow === undefined) yield { ...common, kind: word as 'nothing' }
    else if (arrow === '-->') {
      yield { ...common, kind: 'send', bytes: frame(framing, Buffer.from(content)) }
    } else if (arrow === '==>') {
      yield { ...common, kind: 'send', bytes: unescape(content) }
    } else {
      const pattern = readJson(content, true)
      yield { ...common, kind: 'message', pattern, optional: arrow === '<-?', inPieces: arrow === '<~~' }
    }
  }
}

/** `{{TEXT x 100}}` is the text a hundred times; in it, `%n` counts from 1. */
function expand(text: string): string {
  return text.replace(/\{\{(.+?) x (\d+)\}\}/g, (_, repeated: string, times: string) => {
    if (!repeated.includes('%n')) return repeated.repeat(Number(times))
    return Array.from({ length: Number(times) }, (_, i) => number(repeated, i + 1)).join('')
  })
}

function number(text: string, n: number): string {
  return text.replaceAll('%n', String(n))
}

/** `\r`, `\n`, `\t`, `\\` and `\x00`; `%length` is the number of bytes after the empty line. */
function unescape(text: string): Buffer {
  const names: Record<string, string> = { r: '\r', n: '\n', t: '\t', '\\': '\\' }
  // As Latin-1, where a character is a byte, so that any byte can be written.
  const latin1 = Buffer.from(text).toString('latin1')
  const written = latin1.replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (escape, hex?: string, name = '') => {
    const char = hex === undefined ? names[name] : String.fromCharCode(parseInt(hex, 16))
    if (char === undefined) throw new Error(`${escape} is no escape (\\r \\n \\t \\\\ \\x00 are)`)
    return char
  })
  const bytes = Buffer.from(written, 'latin1')
  const at = bytes.indexOf('%length')
  if (at < 0) return bytes
  const body = bytes.indexOf('\r\n\r\n') + 4
  if (body < 4) throw new Error('%length needs an empty line')
  const length = Buffer.from(String(bytes.length - body))
  return Buffer.concat([bytes.subarray(0, at), length, bytes.subarray(at + '%length'.length)])
}
