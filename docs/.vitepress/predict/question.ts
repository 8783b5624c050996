import { basename } from 'node:path'
import { textOf } from '../source.ts'
import type { Said } from './say.ts'

/** A record of something that was executed, and how facts are read from it. */
export interface Source<Facts> {
  /** Relative to the root. */
  file: string
  read(text: string): Facts
}

/** A question about facts, made from them. */
interface Made {
  text: Said
  options: { text: Said; holds: boolean; why: Said }[]
  /** The moment of the trace at which it is seen. */
  look?: number
}

/** A question as the reader gets it. The texts are Markdown. */
export interface Asked {
  id: string
  /** The record that the answer is computed from. */
  file: string
  text: string
  options: { text: string; right: boolean; why: string }[]
  /** The event of a timeline that shows it, such as `02-five-fetches-7`. */
  look?: string
}

/** A question whose answer is not written down anywhere, but computed. */
export interface Question {
  id: string
  file: string
  /**
   * Words that give the answer away. They stand behind the question in its chapter, and nowhere
   * before it: in no text, caption, comment or other question.
   */
  tells: readonly RegExp[]
  /**
   * Asks, with the facts of the record, or of another run's.
   *
   * @throws Error unless exactly one option holds
   */
  ask(record?: string): Asked
}

export function question<Facts>(
  id: string,
  { file, read }: Source<Facts>,
  tells: readonly RegExp[],
  make: (facts: Facts) => Made,
): Question {
  const ask = (record = textOf(file)): Asked => {
    const { text, options, look } = make(read(record))
    const right = options.filter(({ holds }) => holds)
    if (right.length !== 1) {
      const which = right.map((option) => `\n- ${option.text}`).join('')
      throw new Error(`${id}: one option must hold by ${file}, not ${right.length}${which}`)
    }
    return {
      id,
      file,
      text,
      options: options.map(({ text, holds, why }) => ({ text, right: holds, why })),
      ...(look !== undefined && { look: `${basename(file, '.json')}-${look}` }),
    }
  }
  return { id, file, tells, ask }
}
