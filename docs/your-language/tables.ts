import type { Table, Tables } from '../.vitepress/record/table.ts'

/** What must be the same whenever the tester says it: all but the counts, the port and Python's own words. */
export function factsOf(text: string): string[] {
  return text
    .replace(/^ {2}its stderr .*(?:\n {10,}.*)*/gm, '')
    .split('\n')
    .filter((line) => !/\d+ passed/.test(line))
    .map((line) => line.replace(/^(\w+ +)\d+ of \d+ +/, '$1').replace(/port \d+.*/, 'port').replace(/[\d.]+ ms/, 'ms').replace(/\.txt:\d+/, '.txt'))
}

/** A fault that is mended on the page: what the tester says first of this server. */
function fault(server: string, options = '--first'): Table {
  return {
    command: `npm run conformance -- --command "python3 docs/your-language/${server}.py {port}" ${options}`,
    ends: 1,
    facts: factsOf,
    doctored: [/^(FAILED {2}\w+: )\w+/m, '$1other'],
  }
}

/** The server of the last round is green. */
export const last = 10
const faults = Array.from({ length: last - 1 }, (_, i) => i + 1)

export default {
  'your-language-0.txt': { ...fault('round0'), doctored: [/exit code \d/, 'exit code 9'] },
  ...Object.fromEntries(faults.map((round) => [`your-language-${round}.txt`, fault(`round${round}`)])),
  [`your-language-${last}.txt`]: {
    command: `npm run conformance -- --command "python3 docs/your-language/round${last}.py {port}"`,
    facts: factsOf,
    doctored: [/green/, 'red'],
  },
  'your-language-deadlines.txt': fault(`round${last}`, '--stage deadlines --first'),
  'your-language-client1.txt': {
    ...fault('client1'),
    command: 'npm run conformance -- --client "python3 docs/your-language/client1.py {port} {calls}" --first',
  },
  'your-language-client2.txt': {
    command: 'npm run conformance -- --client "python3 docs/your-language/client2.py {port} {calls}"',
    smaller: ['--stage', 'framing'],
    facts: (text) => /^framing +green/m.test(text),
    doctored: [/green/, 'red'],
  },
} satisfies Tables
