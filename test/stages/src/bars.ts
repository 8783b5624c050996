import type { Bar } from '@rpc-steps/course'

/** What is asked of a contender of the benchmark, found by how its name begins. */
export type Asked = { contender: string } & Extract<Bar, { against: string }>

/** The speeds that were set as goals, whether they are reached or not. */
export const asked: readonly Asked[] = [
  { contender: '04', workload: 'one', atLeast: 1.1, against: 'bare' },
  { contender: '04', workload: 'in-flight', atLeast: 2, against: 'bare' },
  { contender: '04', workload: 'in-flight', atLeast: 6, against: 'vscode-jsonrpc' },
  { contender: '04', workload: 'connections', atLeast: 1.2, against: 'bare' },
  { contender: '03', workload: 'in-flight', atLeast: 2.8, against: 'bare' },
  { contender: '03', workload: 'connections', atLeast: 1.4, against: 'bare' },
  { contender: '14', workload: 'connections', atLeast: 3.5, against: 'bare' },
  { contender: '14', workload: 'connections', atLeast: 2.3, against: '03' },
  { contender: '14', workload: 'connections', atLeast: 1, against: 'c-epoll' },
]
