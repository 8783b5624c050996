import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '@rpc-steps/cli/processes'
import { steps } from '@rpc-steps/course/steps'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { copyTo, install } from '../src/copy.ts'
import { addExample, name, number, title } from '../src/example.ts'
import { node } from '../src/node.ts'

// Whether two folders are enough is found by adding them to a copy that knows nothing of them.
const root = realpathSync(mkdtempSync(join(tmpdir(), 'rpc-steps-')))
/** The last step of the course as it is. */
const last = steps.at(-1)!.folder
const at = (path: string) => join(root, path)

beforeAll(() => {
  copyTo(root)
  addExample(root)
  install(root)
  // A page for each source file is most of the work of a build, and lists no steps.
  rmSync(at('docs/generated/source'), { recursive: true })
})
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

/** What a program of ours prints. */
const program = (file: string, ...args: string[]) => node(root, ['--import', 'tsx', file, ...args])
/** What a line of code prints as JSON. */
const evaluated = async (code: string) => {
  const { stdout, stderr } = await node(root, ['--import', 'tsx', '--input-type=module', '-e', code])
  return stderr === '' ? (JSON.parse(stdout) as unknown) : stderr
}

describe.concurrent('a step of two folders is found', () => {
  it('in the navigation, on the home page, in the lab, and has its chapter', async ({ expect }) => {
    const built = await node(at('docs'), [at('node_modules/vitepress/bin/vitepress.js'), 'build'])
    expect(built.code, built.stdout + built.stderr).toBe(0)
    const read = (path: string) => readFileSync(at(`docs/.vitepress/dist/${path}`), 'utf8')
    const missing = (path: string, ...parts: (string | RegExp)[]) => {
      const text = read(path)
      return parts.filter((part) => (part instanceof RegExp ? !part.test(text) : !text.includes(part)))
    }
    const link = `href="/steps/${name}.html"`
    const nth = Number(number)
    const chapter = [`Step ${nth}</b> of ${nth}`, 'How patient is it?', 'patience.ts', 'waits for nobody.']
    expect([
      missing('start.html', link, 'Serving'),
      missing('index.html', link),
      missing('lab.html', new RegExp(`<option value="${number}"[^>]*>${number} An example`)),
      missing('numbers.html', `${number}-patience.txt`),
      missing(`changes/${name}.html`, 'How patient'),
      missing('llms.txt', title),
      missing(`steps/${name}.html`, ...chapter),
    ]).toEqual([[], [], [], [], [], [], []])
  })

  it('in the addresses of the lab, and in what it runs', async ({ expect }) => {
    const code = `import { castOf, inWords, planFrom } from './docs/.vitepress/lab/plan.ts'
      const before = { step: '01', clients: 1, calls: 1, latency: 0 }
      const { plan, wrong } = planFrom('step=${number}&patience=2', before)
      console.log(JSON.stringify({ wrong, words: inWords(plan), server: castOf(plan).server }))`
    expect(await evaluated(code)).toEqual({
      wrong: [],
      words: 'one client, one call, 0 ms a call, patience of 2',
      server: ['--patience', '2'],
    })
  })

  it('by the tour, and by `npm run step`, with its own options', async ({ expect }) => {
    const tour = await program('shared/cli/src/tour.ts', '--help')
    expect(tour.stdout).toMatch(new RegExp(`^ {2}${number} An example$`, 'm'))
    const step = await program('shared/cli/src/step.ts', String(Number(number)), 'server', '--help')
    expect(step.stdout).toMatch(/--patience N +how patient it is \(3\)$/m)
  })

  it('by conformance, interop and chaos, in each way of starting it', async ({ expect }) => {
    const code = `import { all } from './test/chaos/src/subjects.ts'
      import { subjects } from './test/conformance/src/states.ts'
      import { steps } from './test/interop/src/steps.ts'
      console.log(JSON.stringify([all, subjects, steps].map((list) => list.map(({ name }) => name))))`
    const found = (await evaluated(code)) as string[][]
    const ways = [name, `${name} --patience 2`]
    expect(found.map((names) => names.slice(-2))).toEqual([ways, ways, [last, name]])
  })

  it('by a case of the conformance suite that it must fail', async ({ expect }) => {
    const server = await startServer(at(`steps/${name}/server.ts`))
    const address = ['--address', `127.0.0.1:${server.port}`]
    const only = ['--step', number, '--filter', 'one computes']
    const { stdout } = await program('test/conformance/main.ts', ...address, ...only)
    await server.stop()
    expect(stdout).toMatch(/\(fails, as it must: [^]*\n1 passed, 0 failed, 0 skipped\n$/)
  })

  it('by those who look for its wrong versions', async ({ expect }) => {
    const { stdout } = await program('test/bugs/main.ts', String(Number(number)))
    expect(stdout).toContain(`steps/${name}\n  1 impatient\n`)
  })

  it('by who plays it in every order', async ({ expect }) => {
    const { code, stdout } = await program('test/orders/main.ts', number, '--deviations', '0', '--random', '0')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}1 orders \(all with up to 0 deviations; /m)
  })

  it('by the benchmark, with the speed that it asks of itself', async ({ expect }) => {
    const code = `import { contenders } from './test/bench/src/contenders.ts'
      console.log(JSON.stringify(contenders.at(-1)))`
    const bars = [{ workload: 'one', atLeast: 0.01, against: 'bare' }]
    const client = expect.stringMatching(/\/bench\.ts$/) as string
    expect(await evaluated(code)).toMatchObject({ name, client, bars })
  })
})
