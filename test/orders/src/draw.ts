import type { Scenarios } from '@rpc-steps/course'
import type { Found } from './order.ts'
import type { Row } from './stage.ts'

/** Columns of what each end does, and of what is between them. */
const [place, lane, between] = [4, 23, 29]

/** An order in words and as a picture. */
export function told(scenarios: Scenarios, { scenario, without, played }: Found): string {
  const { name } = scenarios[scenario]!
  const less = without.length > 0 ? `, without ${without.join(' and ')}` : ''
  const { broken, rows } = played
  const ends = broken ? [`Wrong: ${broken.text}.`, `The rule: ${broken.rule}.`] : ['All of it is right.']
  const words = (text: string) => wrap(text, 79).join('\n')
  return [words(`${name}${less}`), '', draw(rows), '', ...ends.map(words)].join('\n')
}

/**
 * An order as a picture for a terminal of 80 columns: what happens, one below the other, at the end where it
 * happens, and between them each message as it leaves and as it comes.
 */
export function draw(rows: readonly Row[]): string {
  const lines = [line('', 'the client', '', 'the server')]
  for (const [i, { notes, messages }] of rows.entries()) {
    const cells = [wrapped(notes.client), messages.flatMap(arrow), wrapped(notes.server)] as const
    const height = Math.max(1, ...cells.map((cell) => cell.length))
    for (let j = 0; j < height; j++) {
      lines.push(line(j === 0 ? String(i + 1) : '', cells[0][j], cells[1][j], cells[2][j]))
    }
  }
  return lines.join('\n')
}

function line(number: string, client = '', message = '', server = ''): string {
  return `${number.padStart(place - 2)}  ${client.padEnd(lane)}${message.padEnd(between)} ${server}`.trimEnd()
}

/** At the side that it leaves, or has come to. */
function arrow({ to, came, name }: Row['messages'][number]): string[] {
  const right = to === 'server'
  const tail = right ? '├─ ' : ' ─┤'
  const head = right ? ' ─▶' : '◀─ '
  const lines = wrap(name, between - 3)
  return lines.map((text, i) => {
    const mark = i > 0 ? '   ' : came ? head : tail
    // A message to the server leaves at the left and comes at the right.
    return right === came ? `${text}${mark}`.padStart(between) : `${mark}${text}`
  })
}

function wrapped(notes: readonly string[]): string[] {
  return notes.flatMap((note) => wrap(note, lane - 1).map((text, i) => (i === 0 ? text : ` ${text}`)))
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
