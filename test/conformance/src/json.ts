/**
 * JSON text as a tree that remembers where each value stands, so that a difference can be shown
 * at its place in the bytes. In a pattern, `...` stands for any value, or for more members.
 */
export type Node = { readonly at: number; readonly end: number } & (
  | { readonly kind: 'any' }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: Node[] }
  | { readonly kind: 'object'; readonly members: Map<string, Node>; readonly open: boolean }
)

/** The text is not JSON (RFC 8259); `at` is the offset of the first character that is wrong. */
export class JsonSyntaxError extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

/** Reads one JSON text. Throws JsonSyntaxError, also for a member that is there twice. */
export function readJson(text: string, pattern = false): Node {
  const reader = new Reader(text, pattern)
  const node = reader.value()
  reader.space()
  if (reader.at === text.length) return node
  throw new JsonSyntaxError(reader.at, 'the JSON text ends before this')
}

class Reader {
  at = 0
  readonly #text: string
  readonly #pattern: boolean

  constructor(text: string, pattern: boolean) {
    this.#text = text
    this.#pattern = pattern
  }

  space(): void {
    this.#take(/[ \t\r\n]*/y)
  }

  value(): Node {
    this.space()
    const at = this.at
    if (this.#pattern && this.#next('...')) return { kind: 'any', at, end: this.at }
    if (this.#next('[')) return this.#array(at)
    if (this.#next('{')) return this.#object(at)
    if (this.#text[at] === '"') {
      const value = this.#string()
      return { kind: 'string', value, at, end: this.at }
    }
    const number = this.#take(/-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y)
    if (number) return { kind: 'number', text: number, at, end: this.at }
    const literal = this.#take(/true|false|null/y)
    if (literal) return { kind: 'literal', text: literal, at, end: this.at }
    throw new JsonSyntaxError(at, 'a JSON value must begin here')
  }

  #array(at: number): Node {
    const items: Node[] = []
    this.space()
    if (!this.#next(']')) {
      do items.push(this.value())
      while (this.#more(']'))
    }
    return { kind: 'array', items, at, end: this.at }
  }

  #object(at: number): Node {
    const members = new Map<string, Node>()
    let open = false
    this.space()
    if (!this.#next('}')) {
      do {
        this.space()
        if (this.#pattern && this.#next('...')) open = true
        else this.#member(members)
      } while (this.#more('}'))
    }
    return { kind: 'object', members, open, at, end: this.at }
  }

  #member(members: Map<string, Node>): void {
    const at = this.at
    const name = this.#string()
    if (members.has(name)) throw new JsonSyntaxError(at, `"${name}" is there twice`)
    this.space()
    if (!this.#next(':')) throw new JsonSyntaxError(this.at, '":" must stand here')
    members.set(name, this.value())
  }

  #string(): string {
    const at = this.at
    let end = at
    do end = this.#text.indexOf('"', end + 1)
    while (end > 0 && this.#isEscaped(end))
    if (end < 0 && this.#text[at] === '"') {
      throw new JsonSyntaxError(this.#text.length, 'the text ends inside a string')
    }
    try {
      const value = JSON.parse(this.#text.slice(at, end + 1)) as unknown
      if (typeof value === 'string') {
        this.at = end + 1
        return value
      }
    } catch {
      // Said below: there is no string here.
    }
    throw new JsonSyntaxError(at, 'a JSON string must stand here')
  }

  #isEscaped(at: number): boolean {
    let backslashes = 0
    while (this.#text[at - 1 - backslashes] === '\\') backslashes++
    return backslashes % 2 === 1
  }

  /** After an item: true for a comma, false for the closing bracket. */
  #more(close: string): boolean {
    this.space()
    if (this.#next(',')) return true
    if (this.#next(close)) return false
    throw new JsonSyntaxError(this.at, `"," or "${close}" must stand here`)
  }

  #next(token: string): boolean {
    if (!this.#text.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  #take(sticky: RegExp): string {
    sticky.lastIndex = this.at
    const found = sticky.exec(this.#text)?.[0] ?? ''
    this.at += found.length
    return found
  }
}
