import { besidePages } from './beside.ts'

/** One thing that a step does in another way than the step before it. */
export interface Idea {
  title: string
  /** One sentence, for the chapter and for the page. Markdown. */
  line: string
  /** What the page says besides. */
  more?: string
  /** Regions of earlier code and of this step's, such as `02/src/client.ts#call`. */
  before?: readonly string[]
  after?: readonly string[]
}

/**
 * What each step changes, by its number. Every region of a step's `src` stands with one of its
 * ideas. Step 01 has nothing before it: it is compared with the call of a function.
 */
export const ideas: Readonly<Record<string, readonly Idea[]>> = Object.fromEntries(
  (await besidePages<readonly Idea[]>('ideas')).map(([{ number }, ideas]) => [number, ideas]),
)
