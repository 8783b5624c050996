import type { Node } from './json.ts'
import { traceIn } from './trace.ts'

/** Where what came is not what was expected: an offset into what came, and what is wrong there. */
export interface Difference {
  readonly at: number
  readonly says: string
}

/**
 * Compares a message with a pattern. Members may come in any order, and so may the answers of a
 * batch. `data` of an error is free unless the pattern names it (JSON-RPC 2.0, section 5.1).
 */
export function matchMessage(pattern: Node, message: Node): Difference | undefined {
  if (pattern.kind !== 'array' || message.kind !== 'array') return match(pattern, message)
  const left = [...pattern.items]
  for (const item of message.items) {
    const differences = left.map((expected) => match(expected, item))
    const found = differences.indexOf(undefined)
    if (found < 0) return farthest(differences) ?? { at: item.at, says: 'one answer too many' }
    left.splice(found, 1)
  }
  if (left.length === 0) return undefined
  const says = `${left.length} more ${left.length > 1 ? 'answers' : 'answer'} expected`
  return { at: message.end - 1, says }
}

/**
 * Compares a message with the beginning of a stream: its `items` may be the first of those in the
 * pattern. Gives the pattern of what must still come, unless that was all.
 */
export function matchPiece(pattern: Node, message: Node): Difference | { rest: Node | undefined } {
  const expected = itemsOf(pattern)
  const count = itemsOf(message)?.length ?? 0
  if (!expected || count === 0) return { at: message.at, says: 'items are expected' }
  const difference = matchMessage(withItems(pattern, expected.slice(0, count)), message)
  if (difference) return difference
  return { rest: count < expected.length ? withItems(pattern, expected.slice(count)) : undefined }
}

/** `params.items` of a message. */
function itemsOf(message: Node): Node[] | undefined {
  const params = message.kind === 'object' ? message.members.get('params') : undefined
  const items = params?.kind === 'object' ? params.members.get('items') : undefined
  return items?.kind === 'array' ? items.items : undefined
}

/** The same with other items, where `itemsOf` has found some. */
function withItems(node: Node, items: Node[], [name, ...names]: string[] = ['params', 'items']): Node {
  if (name === undefined) return { ...node, kind: 'array', items }
  if (node.kind !== 'object') return node
  return { ...node, members: new Map(node.members).set(name, withItems(node.members.get(name)!, items, names)) }
}

/** Of several differences the one that is farthest in: its pattern was the nearest. */
export function farthest(differences: (Difference | undefined)[]): Difference | undefined {
  return differences.reduce((a, b) => (a && (!b || a.at >= b.at) ? a : b), undefined)
}

function match(pattern: Node, value: Node, isError = false): Difference | undefined {
  if (pattern.kind === 'any') return undefined
  if (pattern.kind === 'array' && value.kind === 'array') {
    return matchItems(pattern.items, value.items, value.end - 1)
  }
  if (pattern.kind === 'object' && value.kind === 'object') {
    for (const [name, member] of value.members) {
      const expected = pattern.members.get(name)
      // `data` is free, but for a stack trace, which is nobody's business who calls.
      if (isError && !expected && name === 'data' && textsOf(member).some(traceIn)) return { at: member.at, says: 'a stack trace' }
      if (!expected && (pattern.open || (isError && name === 'data'))) continue
      const difference = expected
        ? (name === 'id' ? matchId(expected, member) : match(expected, member, name === 'error'))
        : { at: member.at, says: `"${name}" is not expected` }
      if (difference) return difference
    }
    const missing = [...pattern.members.keys()].find((name) => !value.members.has(name))
    return missing === undefined
      ? undefined
      : { at: value.end - 1, says: `"${missing}" is missing` }
  }
  return isSame(pattern, value) ? undefined : { at: value.at, says: `expected ${show(pattern)}` }
}

/** All texts in a value. */
function textsOf(node: Node): string[] {
  if (node.kind === 'string') return [node.value]
  if (node.kind === 'array') return node.items.flatMap(textsOf)
  return node.kind === 'object' ? [...node.members.values()].flatMap(textsOf) : []
}

/** An id comes back as it was written: `1.0` is the same number as `1`, and another id for whoever compares texts. */
function matchId(pattern: Node, value: Node): Difference | undefined {
  const numbers = pattern.kind === 'number' && value.kind === 'number'
  return numbers && pattern.text !== value.text ? { at: value.at, says: `expected ${pattern.text}` } : match(pattern, value)
}

function matchItems(pattern: Node[], items: Node[], end: number): Difference | undefined {
  for (const [i, item] of items.entries()) {
    const expected = pattern[i]
    if (!expected) return { at: item.at, says: 'one item too many' }
    const difference = match(expected, item)
    if (difference) return difference
  }
  return items.length < pattern.length ? { at: end, says: 'an item is missing' } : undefined
}

function isSame(a: Node, b: Node): boolean {
  if (a.kind === 'string' && b.kind === 'string') return a.value === b.value
  if (a.kind === 'literal' && b.kind === 'literal') return a.text === b.text
  if (a.kind !== 'number' || b.kind !== 'number') return false
  // Numbers beyond 2^53 are not told apart as numbers, so their digits must be the same.
  const safe = Math.abs(Number(a.text)) <= Number.MAX_SAFE_INTEGER
  return a.text === b.text || (safe && Number(a.text) === Number(b.text))
}

function show(node: Node): string {
  if (node.kind === 'string') return JSON.stringify(node.value)
  if (node.kind === 'literal' || node.kind === 'number') return node.text
  return node.kind === 'any' ? 'anything' : `an ${node.kind}`
}
