import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 7,
  workshop: { day: 4, exercises: ['pump'] },
  before: ['back-pressure, from step 01, and the window of a connection', 'cancel and deadline, from step 07', '`for await` as one uses it'],
  goals: [
    { can: 'keep the account of a reader: take, count, grant again', shown: 'exercise grant' },
    { can: 'write a writer that makes no more than its reader has room for', shown: 'exercise pump' },
    { can: 'say how much memory an answer takes that is made as a whole', shown: 'question 08-whole' },
    { can: 'say how far a writer may be ahead of its reader', shown: 'question 08-stream-slow' },
    { can: 'say why a slow reader does not hold up the others on its connection', shown: 'question 08-beside' },
  ],
  misconceptions: [
    {
      belief: 'TCP slows the writer down, so nothing more is needed.',
      instead: 'It slows a whole connection, and bytes that exist already. A program that reads on for its other calls keeps all that nobody has taken.',
      shown: 'bug no-credit',
    },
    {
      belief: 'A grant says how much may be sent.',
      instead: 'It says how much more. Of grants that come one behind the other each one counts.',
      shown: 'bug grant-replaces-grant',
    },
    {
      belief: 'What was true before an `await` is true behind it.',
      instead: 'Meanwhile a grant may have come, and nobody was listening yet. So it is looked at again.',
      shown: 'bug grant-lost-between-awaits',
    },
    {
      belief: 'A loop with an `await` in it lets others have their turn.',
      instead: 'Not if what it awaits is there already: then no socket is read and no timer fires until it is done.',
      shown: 'bug blocks-its-connection',
    },
    {
      belief: '`break` ends a stream.',
      instead: 'It ends the loop at this end. The other end goes on, or waits for credit for ever, unless it is told.',
      shown: 'bug break-goes-on',
    },
    {
      belief: 'A stream that has ended has come whole.',
      instead: 'It may have been cut off. An end and a failure have to look different to whoever reads.',
      shown: 'bug cut-off-looks-whole',
    },
    {
      belief: 'A stream is slower than calls, because it waits for credit.',
      instead: 'An item has no id, no entry in a table and no message of its own, so many more of them come in a second.',
      shown: 'question 08-pace',
    },
  ],
} satisfies Teaching
