import { createHash } from 'node:crypto'
import { steps } from './course.ts'
import { fiveCallsOf } from './fiveCalls.data.ts'
import type { FiveCalls } from './fiveCalls.data.ts'
import { textOf } from './source.ts'
import { wholeMilliseconds } from './theme/timeline/layout.ts'

/** The page, 1200 by 630 pixels, of which each card is a picture; by the card's name. */
export function cardPages(): Map<string, string> {
  const all = fiveCallsOf()
  const compared = all.filter(({ compared }) => compared)
  const longest = Math.max(...compared.map(({ total }) => total))
  const home = sheet(
    'Same service. Same wire.<br>Different waiting.',
    'Asynchronous RPC, learned by building it in TypeScript',
    [compared[0]!, compared.at(-1)!].map((five) => row(five, longest, 17)).join(''),
  )
  const cards = steps.flatMap(({ number, title, waiting, adds }): [string, string][] => {
    const five = all.find((five) => five.number === number)
    const say = `Step ${Number(number)}. ${adds ?? `While it waits, the program ${waiting}.`}`
    return five ? [[number, sheet(title, say, row(five, five.compared ? longest : five.total, 40))]] : []
  })
  return new Map([['home', home], ...cards])
}

/** The folder of a card, relative to the root: `card.png`, and in `card.txt` what it was made from. */
export function cardFolder(name: string): string {
  const step = steps.find(({ number }) => number === name)
  return step ? `docs/steps/${step.folder}` : 'docs/.vitepress/card'
}

/** What a card was made from, in a few characters. */
export function digest(html: string): string {
  return createHash('sha256').update(html).digest('hex').slice(0, 16)
}

/** Five calls and what the thread did meanwhile, drawn so that `longest` fills the width. */
function row({ calls, thread, total }: FiveCalls, longest: number, size: number): string {
  const x = (ms: number) => (Math.max(0, Math.min(ms, total)) / longest) * 860
  const bar = (kind: string, from: number, to: number, y: number, height: number) =>
    `<rect class="${kind}" x="${x(from).toFixed(1)}" y="${y}" height="${height}" width="${Math.max(2, x(to) - x(from)).toFixed(1)}"/>`
  const gap = size / 4
  const height = 5 * (size + gap) + size / 2
  const strip = (size * 2) / 3
  return `<svg viewBox="0 0 1080 ${height + strip + 1}" width="1080">
${calls.map(({ start, end }, i) => bar('call', start, end, i * (size + gap), size)).join('\n')}
<line class="idle" x1="0" x2="${x(total)}" y1="${height + strip / 2}" y2="${height + strip / 2}"/>
${thread.map(({ kind, start, end }) => bar(kind, start, end, height, strip)).join('\n')}
<line class="end" x1="${x(total)}" x2="${x(total)}" y1="0" y2="${height + strip}"/>
<text x="${x(total) + 18}" y="${height / 2 + 12}">${wholeMilliseconds(total)}</text>
</svg>`
}

function sheet(title: string, say: string, picture: string): string {
  return `<!doctype html><style>
${textOf('docs/.vitepress/theme/style/tokens.css')}
body { box-sizing: border-box; display: flex; flex-direction: column; justify-content: space-between;
  margin: 0; padding: 56px 60px; height: 630px; background: var(--paper); color: var(--ink); }
h1 { margin: 0; font: 600 68px/1.05 var(--font-prose); letter-spacing: -0.025em; }
p { margin: 16px 0 0; font: 27px/1.4 var(--font-ui); color: var(--ink-2); }
svg { display: block; overflow: visible; }
svg + svg { margin-top: 20px; border-top: 1px solid var(--rule); padding-top: 20px; }
.call { fill: var(--state-flight); stroke: var(--flight-edge); stroke-width: 1.5; }
.kernel { fill: var(--state-kernel); stroke: var(--paper); stroke-width: 2; }
.run { fill: var(--state-run); }
.idle { stroke: var(--idle-edge); stroke-width: 1.5; }
.end { stroke: var(--ink); stroke-width: 2; }
text { fill: var(--ink); font: 600 36px var(--font-mono); }
.name { position: absolute; right: 60px; top: 60px; font: 600 24px var(--font-mono); }
</style><body><div><h1>${title}</h1><p>${say}</p></div><div>${picture}</div><div class="name">rpc-steps</div></body>`
}
