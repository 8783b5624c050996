/** What a stage of the tester is worth in an end project, and what a server does that has passed it. */
export interface Worth {
  readonly most: number
  readonly says: string
}

/** A hundred points, by the stages. */
export const points: Readonly<Record<string, Worth>> = {
  framing: { most: 15, says: 'finds where a message ends, however the bytes come' },
  messages: { most: 15, says: 'answers calls, and leaves notifications unanswered' },
  errors: { most: 10, says: 'says what is wrong with a request, and goes on' },
  batches: { most: 10, says: 'takes several messages at once, and answers them together' },
  lines: { most: 5, says: 'speaks the second framing as well' },
  waiting: { most: 15, says: 'lets nobody wait for somebody else' },
  hostile: { most: 10, says: 'stays up, whatever is sent' },
  deadlines: { most: 10, says: 'ends what is late, or given up' },
  streams: { most: 10, says: 'answers in pieces, at the pace of its reader' },
}

/** What of the tester's JSON is looked at. */
export interface Played {
  readonly stages: readonly {
    readonly stage: string
    readonly passed: readonly unknown[]
    readonly findings: readonly unknown[]
    /** Cases that were not reached. */
    readonly left: number
  }[]
}

/** The points of a stage. */
export interface Scored extends Worth {
  readonly stage: string
  readonly passed: number
  readonly of: number
  readonly points: number
}

/**
 * The points for what a server has passed: of each stage as large a part as the part of its cases that passed,
 * rounded down. What was not reached has not passed; what was left out by the tester's options does not count.
 */
export function pointsOf({ stages }: Played): Scored[] {
  return Object.entries(points).map(([stage, worth]) => {
    const own = stages.filter((one) => one.stage === stage)
    const passed = own.reduce((sum, one) => sum + one.passed.length, 0)
    const of = own.reduce((sum, one) => sum + one.passed.length + one.findings.length + one.left, 0)
    return { stage, ...worth, passed, of, points: of === 0 ? 0 : Math.floor((worth.most * passed) / of) }
  })
}

/** A table in Markdown, with the sum. */
export function pointsTable(scored: readonly Scored[]): string {
  const sum = (count: (one: Scored) => number) => scored.reduce((all, one) => all + count(one), 0)
  return [
    '| stage | cases passed | points |',
    '| --- | --- | --- |',
    ...scored.map(({ stage, passed, of, points, most }) => `| ${stage} | ${passed} of ${of} | ${points} of ${most} |`),
    `| **all** | | **${sum(({ points }) => points)} of ${sum(({ most }) => most)}** |`,
  ].join('\n')
}
