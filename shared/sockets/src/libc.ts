import { createRequire } from 'node:module'

// The functions of the C library that the sockets are made of. koffi knows no ssize_t and no
// socklen_t; intptr_t and uint32_t are the same thing on every system in the platform table.
const everywhere = {
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, void *address, uint32_t size)',
  listen: 'int listen(int fd, int backlog)',
  accept: 'int accept(int fd, void *address, void *size)',
  connect: 'int connect(int fd, void *address, uint32_t size)',
  recv: 'intptr_t recv(int fd, void *buffer, size_t length, int flags)',
  send: 'intptr_t send(int fd, void *data, size_t length, int flags)',
  shutdown: 'int shutdown(int fd, int how)',
  close: 'int close(int fd)',
  // Variadic in C and declared so: macOS on arm64 passes the arguments after the dots elsewhere.
  fcntl: 'int fcntl(int fd, int command, ...)',
  setsockopt: 'int setsockopt(int fd, int level, int name, void *value, uint32_t size)',
  getsockopt: 'int getsockopt(int fd, int level, int name, void *value, void *size)',
  getsockname: 'int getsockname(int fd, void *address, void *size)',
  getpeername: 'int getpeername(int fd, void *address, void *size)',
  poll: 'int poll(void *fds, unsigned long count, int timeout)',
}

const onlyLinux = {
  accept4: 'int accept4(int fd, void *address, void *size, int flags)',
  epoll_create1: 'int epoll_create1(int flags)',
  epoll_ctl: 'int epoll_ctl(int epfd, int operation, int fd, void *event)',
  epoll_wait: 'int epoll_wait(int epfd, void *events, int max, int timeout)',
}

const onlyDarwin = {
  kqueue: 'int kqueue()',
  kevent: 'int kevent(int kq, void *changes, int nc, void *events, int ne, void *timeout)',
}

/** A C function: a buffer is passed as the address of its first byte, `null` as NULL. */
type Call = (...parameters: (number | Uint8Array | null | 'int')[]) => number

/** The calls as the C library has them: -1 when one failed, and the reason in errno. */
export type Libc = Record<keyof typeof everywhere, Call> &
  Record<keyof typeof onlyLinux, Call> &
  Record<keyof typeof onlyDarwin, Call> & {
    /** Why the last call of this thread failed. To be read at once: the next call may change it. */
    errno: () => number
  }

/** The C library of this process. The functions of another system are missing from it. */
export function loadLibc(platform: string): Libc {
  // Only here, so that a program that never calls the kernel does not load a native module.
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
  // null is this process itself, which holds the C library already, whatever its file is called.
  const library = koffi.load(null)
  const declarations = { ...everywhere, ...(platform === 'linux' ? onlyLinux : onlyDarwin) }
  const calls = Object.entries(declarations).map(([name, text]) => [name, library.func(text)])
  return { ...Object.fromEntries(calls), errno: koffi.errno } as Libc
}
