import { describe, expect, it } from 'vitest'
import {
  choiceOption, commonOptions, flagOption, numberOption, numbersOption, readCommandLine, readOptions, textOption, UsageError,
} from '../src/index.ts'

const framings = ['auto', 'content-length', 'newline'] as const
const options = {
  ...commonOptions(framings, 'auto', 0),
  threads: numberOption('N', 'threads', 4, 1, 8),
  selector: choiceOption(['poll', 'epoll'], 'how to wait', 'epoll'),
  name: textOption('NAME', 'a name', 'nobody'),
  idle: numbersOption('N,N', 'how many are idle', [0, 10], 0, 1000),
  quick: flagOption('in a hurry'),
}
const read = (...args: string[]) => readCommandLine('program [options]', options, args)

describe('the options', () => {
  it('have defaults', () => {
    expect(read()).toEqual({
      values: {
        host: '127.0.0.1', port: 8080, framing: 'auto', trace: undefined,
        threads: 4, selector: 'epoll', name: 'nobody', idle: [0, 10], quick: false,
      },
      words: [],
    })
  })

  it('are read in either form, between the words', () => {
    const { values, words } = read('a', '--port', '0', '--framing=newline', 'b', '--threads', '8', '--name', '')
    expect(values).toMatchObject({ port: 0, framing: 'newline', threads: 8, name: '' })
    expect(words).toEqual(['a', 'b'])
  })

  it('may be a list, or stand alone', () => {
    const { values, words } = read('--idle', '5,0,1000', '--quick', 'a')
    expect(values).toMatchObject({ idle: [5, 0, 1000], quick: true })
    expect(words).toEqual(['a'])
  })

  it('the last of several counts', () => {
    expect(read('--port', '1', '--port', '2').values.port).toBe(2)
  })

  it('end at --', () => {
    expect(read('--', '--port', '1').words).toEqual(['--port', '1'])
  })
})

describe('a wrong option is refused in one line', () => {
  const port = 'must be a whole number from 0 to 65535'
  it.each([
    [['--port', 'http'], `--port ${port}, not "http"`],
    [['--port', '65536'], `--port ${port}, not "65536"`],
    [['--port=-1'], `--port ${port}, not "-1"`],
    [['--port', '80.5'], `--port ${port}, not "80.5"`],
    [['--port', '0x50'], `--port ${port}, not "0x50"`],
    [['--port', ' 80'], `--port ${port}, not " 80"`],
    [['--port='], `--port ${port}, not ""`],
    [['--threads', '9'], '--threads must be a whole number from 1 to 8, not "9"'],
    [['--idle', '1,x'], '--idle must be a whole number from 0 to 1000, not "x"'],
    [['--idle', '1,'], '--idle must be a whole number from 0 to 1000, not ""'],
    [['--quick=yes'], "Option '--quick' does not take an argument"],
    [['--selector', 'Poll'], '--selector must be one of poll, epoll, not "Poll"'],
    [['--framing', 'http'], '--framing must be one of auto, content-length, newline, not "http"'],
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['-x'], "Unknown option '-x'"],
    [['--port'], "Option '--port <value>' argument missing"],
    [['--port', '-1'], "Option '--port' argument is ambiguous"],
    [['--help=no'], "Option '-h, --help' does not take an argument"],
    [['--constructor', 'x'], "Unknown option '--constructor'"],
  ])('%j', (args, line) => {
    let error: unknown
    try {
      read(...args)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(UsageError)
    expect((error as Error).message.replace(/\.$/, '')).toBe(line)
  })
})

it('words are refused where none are taken', () => {
  const refused = () => readOptions('program [options]', options, ['--port', '1', 'a'])
  expect(refused).toThrow('nothing but options is taken here, not "a"')
  expect(readOptions('program [options]', options, ['--port', '1']).port).toBe(1)
})
