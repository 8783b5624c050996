/**
 * A text with one long piece of plain ASCII in it. To make one string of it would be to copy the
 * piece, and it is copied once more when it is written.
 */
export class Rope {
  readonly before: string
  readonly plain: string
  readonly after: string

  constructor(before: string, plain: string, after: string) {
    this.before = before
    this.plain = plain
    this.after = after
  }

  get length(): number {
    return this.before.length + this.plain.length + this.after.length
  }

  toString(): string {
    return this.before + this.plain + this.after
  }
}

/** The text of a message on its way out. */
export type Text = string | Rope

/** The text, and more around it. */
export function around(before: string, text: Text, after: string): Text {
  if (typeof text === 'string') return before + text + after
  return new Rope(before + text.before, text.plain, text.after + after)
}

/** Bytes of the text as UTF-8. */
export function byteLength(text: Text): number {
  if (typeof text === 'string') return Buffer.byteLength(text)
  return Buffer.byteLength(text.before) + text.plain.length + Buffer.byteLength(text.after)
}
