import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A patch that takes one optimisation away. */
export interface Removal {
  name: string
  title: string
  /** What is there without it. */
  story: string
  /** The path of the patch. */
  patch: string
}

/** Step 04 without some of what makes it fast. */
export interface Stage {
  name: string
  /** What the stage before it did not have; the first has nothing. */
  gained: Removal | undefined
  without: readonly Removal[]
}

/** What makes step 04 fast, in the order in which it is told. */
export const removals = removalsIn('patches')

/** What makes no difference, taken away from the fast version. */
export const unpaid = removalsIn('not')

/** From the naive version, which has none of it, to step 04 as it is. */
export const stages: readonly Stage[] = [undefined, ...removals].map((gained, i) => ({
  name: gained?.name ?? 'naive',
  gained,
  without: removals.slice(i),
}))

/** What was tried in vain: each alone is taken from step 04 as it is. */
export const tried: readonly Stage[] = unpaid.map((removal) => ({ name: removal.name, gained: undefined, without: [removal] }))

/** The patches of a folder, each with a title and a story in front, behind `#`. */
function removalsIn(folder: string): Removal[] {
  const path = fileURLToPath(new URL(`../${folder}`, import.meta.url))
  const files = readdirSync(path).filter((file) => file.endsWith('.patch')).sort()
  return files.map((file) => {
    const patch = join(path, file)
    const header = readFileSync(patch, 'utf8').split(/^--- /m)[0]!
    const [title = '', ...story] = header.replace(/^# ?/gm, '').trim().split('\n')
    if (title === '' || story.length === 0) throw new Error(`${patch} must begin with a title and a story, behind #`)
    return { name: basename(file, '.patch'), title, story: story.join('\n'), patch }
  })
}

/** The patch turned around, as one reads it who makes the program faster: `-` is slow, `+` is fast. */
export function turned({ patch }: Removal): string {
  const text = readFileSync(patch, 'utf8')
  const lines = text.slice(text.search(/^--- /m)).trimEnd().split('\n')
  const out: string[] = []
  let fast: string[] = []
  const flush = () => {
    out.push(...fast)
    fast = []
  }
  for (const line of lines) {
    const file = /^\+\+\+ b\/(.*)$/.exec(line)?.[1]
    if (line.startsWith('--- ')) flush()
    else if (file !== undefined) out.push(`# ${file}`)
    else if (line.startsWith('@@')) {
      flush()
      if (!out.at(-1)!.startsWith('# ')) out.push('@@')
    } else if (line.startsWith('-')) fast.push(`+${line.slice(1)}`)
    else if (line.startsWith('+')) out.push(`-${line.slice(1)}`)
    else {
      flush()
      out.push(line)
    }
  }
  flush()
  return out.join('\n')
}

/** Lines of code that the fast version has more than the one without it. */
export function linesAdded(removal: Removal): number {
  const code = turned(removal).split('\n').filter((line) => !/^.\s*(\/\/|\/\*\*|\*|$)/.test(line))
  const count = (mark: string) => code.filter((line) => line.startsWith(mark)).length
  return count('+') - count('-')
}
