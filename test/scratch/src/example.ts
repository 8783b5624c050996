import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { steps } from '@rpc-steps/course/steps'

/** The step that is re-exported under another name. */
const model = steps.find(({ number }) => number === '04')!.folder

/** The next number that no step has. */
export const number = String(steps.length + 1).padStart(2, '0')
export const name = `${number}-example`
export const title = 'An example'

const inStep = {
  'package.json': `{ "name": "@rpc-steps/example", "version": "0.0.0", "type": "module" }`,
  'step.ts': `import { withoutQueue } from '@rpc-steps/course'
import type { StepInfo } from '@rpc-steps/course'

export default {
  title: '${title}',
  waiting: 'waits for nobody',
  part: 'serving',
  options: {
    patience: {
      of: ['server'],
      hint: 'N',
      help: 'how patient it is',
      default: 3,
      least: 1,
      most: 9,
      lab: { label: 'Patience', without: 'the usual', says: 'patience of #' },
    },
  },
  server: { mustFail: withoutQueue },
  ways: [{ args: '--patience 2', mustFail: withoutQueue }],
  bench: { bars: [{ workload: 'one', atLeast: 0.01, against: 'bare' }] },
} as const satisfies StepInfo
`,
  'server.ts': `import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { answer, listen } from '@rpc-steps/async-await'
import step from './step.ts'

await main(async () => {
  const { patience: _, ...options } = serverOptions(ownOptions(step, 'server'))
  const server = await listen(answer, options, { framing: options.framing })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
})
`,
  'client.ts': `import '../${model}/client.ts'\n`,
  'demo.ts': `import '../${model}/demo.ts'\n`,
  'bench.ts': `export * from '../${model}/bench.ts'\n`,
  'orders.ts': `export { default } from '../${model}/orders.ts'\n`,
  'src/patience.ts': '// #region patience\nexport const patience = 3\n// #endregion\n',
  'bugs/impatient.patch': `# Nobody has any patience.
#
# killed by: test/patience.test.ts > is patient
--- a/src/patience.ts
+++ b/src/patience.ts
@@ -1,3 +1,3 @@
 // #region patience
-export const patience = 3
+export const patience = 0
 // #endregion
`,
}

const inPage = {
  'index.md': `---
title: ${title}
description: A step that is there to be found, and that has nothing else to say.
---

# ${title}

After this chapter you have found it.

<<< ../../../steps/${name}/src/patience.ts#patience{ts}

<Predict id="${number}-patience" />

After this question comes nothing.

<Timeline trace="${number}-five-fetches" />

## What changed

<Changes step="${number}" />

## Next

Nothing.
`,
  'ideas.ts': `export default [
  { title: 'How patient', line: 'It waits for nobody.', after: ['${number}/src/patience.ts#patience'] },
]
`,
  'questions.ts': `import { row, output } from '../../.vitepress/predict/facts.ts'
import { question } from '../../.vitepress/predict/question.ts'
import { say } from '../../.vitepress/predict/say.ts'

const table = output('${number}-patience', (text) => row(text, 'patience')[0]!)

export default [
  question('${number}-patience', table, [/After this question/], (patience) => ({
    text: say\`How patient is it?\`,
    options: [
      { text: say\`Very\`, holds: patience > 2, why: say\`It is.\` },
      { text: say\`Not at all\`, holds: patience <= 2, why: say\`It is not.\` },
    ],
  })),
]
`,
  'tables.ts': `export default { '${number}-patience.txt': { command: 'npx tsx steps/${name}/demo.ts' } }\n`,
  [`traces/${number}-patience.txt`]: 'patience  3\n',
  'scenes.ts': `import { fiveFetches } from '../../.vitepress/lab/scene.ts'

export default { 'five-fetches': fiveFetches }
`,
}

/** Adds a step to a copy of the repository: the two folders, and nothing else. */
export function addExample(root: string): void {
  write(join(root, 'steps', name), inStep)
  write(join(root, 'docs/steps', name), inPage)
  const traces = (step: string) => join(root, 'docs/steps', step, 'traces')
  cpSync(join(traces(model), '04-five-fetches.json'), join(traces(name), `${number}-five-fetches.json`))
}

function write(folder: string, texts: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(texts)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}
