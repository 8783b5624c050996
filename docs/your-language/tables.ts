import type { Tables } from '../.vitepress/record/table.ts'

/** What the tester is told on the page, and what must be the same whenever it is told that. */
interface Told {
  /** What stands behind `npm run conformance -- `. */
  args: string
  /** The exit code, if not 0. */
  ends?: number
  /** Arguments that make it smaller, since nobody waits for a test. */
  smaller?: string
  facts: (text: string) => unknown
  /** A change of the recorded text that must be noticed. */
  doctored: readonly [from: RegExp, to: string]
}

/** All but the counts, the lines, the port, the time and what Python says in words of its own. */
function factsOf(text: string): string[] {
  return text
    .replace(/^ {2}its stderr .*(?:\n {10,}.*)*/gm, '')
    .replace(/^(\w+ +)\d+ of \d+ +/gm, '$1')
    .replace(/\d+ passed.*|port \d+.*|[\d.]+ ms|(?<=\.txt:)\d+/g, '')
    .split('\n')
}

/** A fault that is mended on the page: what the tester says first. */
function fault(what: string, options = '--first'): Told {
  return { args: `${what} ${options}`, ends: 1, facts: factsOf, doctored: [/^(FAILED {2}\w+: )\w+/m, '$1other'] }
}

const server = (name: string) => `--command "python3 docs/your-language/${name}.py {port}"`
const client = (name: string) => `--client "python3 docs/your-language/${name}.py {port} {calls}"`

/** The server of the last round is green. */
export const last = 10
const faults = Array.from({ length: last - 1 }, (_, i) => i + 1)

/** By the names of the recordings. */
export const told: Readonly<Record<string, Told>> = {
  'your-language-0.txt': { ...fault(server('round0')), doctored: [/exit code \d/, 'exit code 9'] },
  ...Object.fromEntries(faults.map((round) => [`your-language-${round}.txt`, fault(server(`round${round}`))])),
  [`your-language-${last}.txt`]: { args: server(`round${last}`), facts: factsOf, doctored: [/green/, 'red'] },
  'your-language-deadlines.txt': fault(server(`round${last}`), '--stage deadlines --first'),
  'your-language-client1.txt': {
    ...fault(client('client1')),
    smaller: '--filter "a notification before"',
    facts: (text) => text.match(/^(?:FAILED| {2}cause| {2}read) .*$/gm),
  },
  'your-language-client2.txt': {
    args: client('client2'),
    smaller: '--stage framing',
    facts: (text) => /^framing +green/m.test(text),
    doctored: [/green/, 'red'],
  },
}

export default Object.fromEntries(
  Object.entries(told).map(([file, { args, ends = 0 }]) => {
    const command = `npm run conformance -- ${args}`
    return [file, { command, ends, testedIn: 'docs/.vitepress/test/rounds.test.ts' }]
  }),
) satisfies Tables
