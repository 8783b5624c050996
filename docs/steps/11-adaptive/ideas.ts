import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'Where the number comes from',
    line: 'Somebody chose how many are worked on; now it is tried all the time, and follows what comes of it.',
    before: ['06/src/queued.ts#take'],
    after: ['11/src/limit.ts#limit', '11/src/aimd.ts#aimd', '11/src/rounds.ts#rounds', '11/src/vegas.ts#vegas', '11/src/vegas.ts#adjust', '11/src/vegas.ts#probe', '11/src/gradient2.ts#gradient2'],
  },
  {
    title: 'What becomes of a request that finds no room',
    line: 'It waited, or was refused when the queue was full; here it is let in or refused, and how it ended is a sample.',
    after: ['11/src/admission.ts#admission', '11/src/limited.ts#limited', '11/src/limited.ts#outcome'],
  },
  {
    title: 'How long the queue may be',
    line: 'It had so many places; now it has a time, and a burst is told from a queue that stands.',
    before: ['06/src/line.ts#line'],
    after: ['11/src/standing.ts#standing', '11/src/codel.ts#codel', '11/src/adaptive-lifo.ts#adaptive-lifo'],
  },
  {
    title: 'Whom a client asks',
    line: 'It asked who had less to do; now it remembers how each has answered, and tries the slow ones again.',
    before: ['10/src/picking.ts#pickers'],
    after: ['11/src/peak-ewma.ts#peak-ewma', '11/src/bandit.ts#bandit'],
  },
  {
    title: 'How long a client waits',
    line: 'A time-out and a hedge had a number; now they are made of how long calls have taken lately.',
    before: ['07/src/calling.ts#call-within'],
    after: ['11/src/quantiles.ts#quantiles', '11/src/quantiles.ts#measured'],
  },
  {
    title: 'Which clock it goes by',
    line: 'A queue was run in made-up time beside a formula; now all that learns is, and a page can do it.',
    before: ['06/src/simulate.ts#simulate'],
    after: ['11/src/time.ts#time', '11/src/simulation.ts#simulation', '11/src/choosing.ts#choosing'],
  },
] satisfies readonly Idea[]
