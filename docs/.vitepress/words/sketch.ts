/** What a sketch measures, in pixels. A phone has just room for it. */
const width = 350
const title = 20
const words = 16
const heights = { strip: 14, bar: 20 }
const gap = 5

interface Mark {
  kind: string
  /** From when to when; 0 to 100 is all of the picture. */
  from: number
  to: number
  words: string
}

interface Row {
  title: string
  marks: Mark[]
  /** Where its marks are drawn. */
  y: number
  height: number
}

const isBar = ({ kind }: Mark) => kind === 'call' || kind === 'handle'
const isArrow = ({ kind }: Mark) => kind === 'request' || kind === 'reply'
const at = (time: number) => Math.round((time / 100) * (width - 2)) + 1

/**
 * Draws what a fence `sketch` says, in the shapes of the timelines. A line is a row with its title,
 * or `-` for one without. The lines under it, indented, are what happens there: a state, from when
 * to when, and words for it. A `request` goes down to the next row, a `reply` comes up from it.
 *
 * @param alternative what there is to see, for those who do not see it
 * @returns an element `svg`
 * @throws Error that names a line which is none of these, or an arrow without a row to lead to
 */
export function drawn(text: string, alternative: string): string {
  const rows = rowsOf(text)
  const { y, height } = rows.at(-1)!
  const shapes = rows.flatMap((row, i) =>
    row.marks.flatMap((mark) =>
      isArrow(mark) ? [arrow(mark, row, rows[i + 1])] : [shape(mark, row), ...named(mark, row)],
    ),
  )
  const titles = rows
    .filter(({ title }) => title !== '-')
    .map((row) => label(row.title, 1, topOf(row) - gap, 'title'))
  const size = `viewBox="0 0 ${width} ${y + height + 1}"`
  const what = `role="img" aria-label="${escaped(alternative)}"`
  return `<svg class="sketch" ${size} ${what}>${[...shapes, ...titles].join('')}</svg>`
}

function rowsOf(text: string): Row[] {
  const rows: Row[] = []
  for (const line of text.trimEnd().split('\n')) {
    const found = /^ +(run|kernel|idle|call|handle|queue|work|request|reply) (\d+) (\d+) ?(.*)$/.exec(line)
    if (found && rows.length > 0) {
      const [, kind = '', from, to, words = ''] = found
      rows.at(-1)!.marks.push({ kind, from: Number(from), to: Number(to), words })
    } else if (/^\S/.test(line)) {
      rows.push({ title: line, marks: [], y: 0, height: 0 })
    } else {
      throw new Error(`a sketch has no such line: ${line}`)
    }
  }
  let y = 0
  for (const row of rows) {
    row.height = row.marks.some(isBar) ? heights.bar : heights.strip
    y += row.title === '-' ? 0 : title
    y += above(row)
    row.y = y
    y += row.height + gap + (row.marks.some(isArrow) ? title : 0)
  }
  return rows
}

/** Room for words over a strip, which is too thin to hold them. */
const above = ({ marks }: Row) => (marks.some((mark) => !isBar(mark) && mark.words) ? words : 0)
const topOf = (row: Row) => row.y - above(row)

function shape({ kind, from, to }: Mark, { y, height }: Row): string {
  const [x, end] = [at(from), at(to)]
  if (kind === 'idle') {
    return `<line class="state idle" x1="${x}" x2="${end}" y1="${y + height / 2}" y2="${y + height / 2}"/>`
  }
  return `<rect class="state ${kind}" x="${x}" y="${y}" width="${end - x}" height="${height}"/>`
}

/** Inside a bar, over a strip; from its beginning, or near the edge to its end. */
function named(mark: Mark, { y }: Row): string[] {
  if (mark.words === '') return []
  if (isBar(mark)) return [label(mark.words, at(mark.from) + 6, y + 14)]
  return [mark.to > 90 ? label(mark.words, at(mark.to), y - gap, 'end') : label(mark.words, at(mark.from), y - gap)]
}

function arrow({ kind, from, to }: Mark, above: Row, below: Row | undefined): string {
  if (!below) throw new Error(`a sketch has no row below its last, for a ${kind} at ${from}`)
  const [y1, y2] = [above.y + above.height + 2, below.y - 2]
  const [start, end] = kind === 'request' ? [y1, y2] : [y2, y1]
  const line = `x1="${at(from)}" y1="${start}" x2="${at(to)}" y2="${end}"`
  return `<line class="message" ${line} marker-end="url(#wire-head)"/>`
}

function label(words: string, x: number, y: number, kind = ''): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(words)}</text>`
}

function escaped(words: string): string {
  return words.replace(/[&<>"{}]/g, (char) => `&#${char.charCodeAt(0)};`)
}
