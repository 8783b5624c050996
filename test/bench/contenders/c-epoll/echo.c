/*
 * The floor: what is left when there is no JSON, no message and no Node. Both ends ask epoll(7) which
 * sockets are ready, and are woken once for all of them. Standard C and Linux; no library.
 *
 *   echo serve        sends back what it gets; says where it listens; ends when its stdin does
 *   echo load PORT    reads orders from stdin, and answers each with the processor time it took, in us
 *     open CONNECTIONS IN-FLIGHT MESSAGE
 *     make CALLS
 *     close
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { chunk = 65536, most = 1024 };

static int ready;

static void need(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static void watch(int how, int fd, unsigned events, void *data) {
  struct epoll_event event = { .events = events, .data.ptr = data };
  need(epoll_ctl(ready, how, fd, &event) == 0, "epoll_ctl");
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static void do_not_delay(int fd) {
  int on = 1;
  need(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
}

/* The server. */

struct peer {
  int fd;
  size_t from, to; /* what of `bytes` is still to be sent */
  char bytes[chunk];
};

/* Sends what there is. While some of it is left, nothing more is read: a peer that does not read waits. */
static int echo(struct peer *peer) {
  int stuck = peer->from < peer->to;
  if (!stuck) {
    ssize_t n = recv(peer->fd, peer->bytes, chunk, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return 1;
    if (n <= 0) return 0;
    peer->from = 0;
    peer->to = n;
  }
  ssize_t n = send(peer->fd, peer->bytes + peer->from, peer->to - peer->from, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) return 0;
  if (n > 0) peer->from += n;
  int left = peer->from < peer->to;
  if (left != stuck) watch(EPOLL_CTL_MOD, peer->fd, left ? EPOLLOUT : EPOLLIN, peer);
  return 1;
}

static void serve(void) {
  int listener;
  struct sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  need((listener = socket(AF_INET, SOCK_STREAM, 0)) >= 0, "socket");
  need(bind(listener, (void *)&address, size) == 0, "bind");
  need(listen(listener, SOMAXCONN) == 0, "listen");
  need(getsockname(listener, (void *)&address, &size) == 0, "getsockname");
  watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
  watch(EPOLL_CTL_ADD, 0, EPOLLIN, NULL);
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct epoll_event events[most];
  for (;;) {
    int n = epoll_wait(ready, events, most, -1);
    for (int i = 0; i < n; i++) {
      void *data = events[i].data.ptr;
      if (data == NULL) return;
      if (data == &listener) {
        struct peer *peer = calloc(1, sizeof *peer);
        need(peer != NULL, "calloc");
        need((peer->fd = accept(listener, NULL, NULL)) >= 0, "accept");
        do_not_delay(peer->fd);
        watch(EPOLL_CTL_ADD, peer->fd, EPOLLIN, peer);
      } else if (!echo(data)) {
        struct peer *peer = data;
        close(peer->fd);
        free(peer);
      }
    }
  }
}

/* The client. */

struct connection {
  int fd, stuck;
  size_t owed;           /* bytes of calls that have begun, and are not sent */
  size_t sent, received; /* where in the message */
};

static struct connection connections[most];
static int opened, in_flight;
static long begun, answered, calls;

/* The message again and again: however much is sent from wherever in it, it is one piece. */
static char *pattern;
static size_t length;

static void begin(struct connection *one, long some) {
  if (some > calls - begun) some = calls - begun;
  begun += some;
  one->owed += some * length;
}

static void send_owed(struct connection *one) {
  if (one->owed == 0) return;
  size_t some = one->owed < chunk ? one->owed : chunk;
  ssize_t n = send(one->fd, pattern + one->sent, some, MSG_DONTWAIT | MSG_NOSIGNAL);
  need(n >= 0 || errno == EAGAIN, "send");
  if (n > 0) {
    one->owed -= n;
    one->sent = (one->sent + n) % length;
  }
  int stuck = one->owed > 0;
  if (stuck != one->stuck) watch(EPOLL_CTL_MOD, one->fd, stuck ? EPOLLIN | EPOLLOUT : EPOLLIN, one);
  one->stuck = stuck;
}

/* Counts the echoes, compares each byte with what was sent, and begins as many calls as were answered. */
static void hear(struct connection *one) {
  char bytes[chunk];
  ssize_t n = recv(one->fd, bytes, chunk, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  need(n > 0, "recv");
  errno = EBADMSG;
  need(memcmp(bytes, pattern + one->received, n) == 0, "the echo differs from what was sent");
  long whole = (one->received + n) / length;
  one->received = (one->received + n) % length;
  answered += whole;
  begin(one, whole);
}

static void make_calls(void) {
  struct epoll_event events[most];
  begun = answered = 0;
  for (int i = 0; i < opened; i++) begin(&connections[i], in_flight), send_owed(&connections[i]);
  while (answered < calls) {
    int n = epoll_wait(ready, events, most, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].events & ~EPOLLOUT) hear(events[i].data.ptr);
      send_owed(events[i].data.ptr);
    }
  }
}

static void open_all(int port, const char *message) {
  need(opened <= most, "too many connections");
  length = strlen(message);
  size_t copies = chunk / length + 2;
  need((pattern = malloc(copies * length)) != NULL, "malloc");
  for (size_t i = 0; i < copies; i++) memcpy(pattern + i * length, message, length);
  struct sockaddr_in address = loopback(port);
  for (int i = 0; i < opened; i++) {
    struct connection *one = &connections[i];
    memset(one, 0, sizeof *one);
    need((one->fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0, "socket");
    need(connect(one->fd, (void *)&address, sizeof address) == 0, "connect");
    do_not_delay(one->fd);
    watch(EPOLL_CTL_ADD, one->fd, EPOLLIN, one);
  }
}

static void close_all(void) {
  while (opened > 0) close(connections[--opened].fd);
  free(pattern);
  pattern = NULL;
}

static long processor_time(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000L + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static void load(int port) {
  char *order = NULL;
  size_t size = 0;
  ssize_t n;
  while ((n = getline(&order, &size, stdin)) > 0) {
    int at = 0;
    long before = processor_time();
    order[n - 1] = 0;
    if (sscanf(order, "open %d %d %n", &opened, &in_flight, &at) == 2 && order[at]) open_all(port, order + at);
    else if (sscanf(order, "make %ld", &calls) == 1 && opened > 0) make_calls();
    else close_all();
    printf("%ld\n", processor_time() - before);
    fflush(stdout);
  }
}

int main(int count, char **words) {
  need((ready = epoll_create1(0)) >= 0, "epoll_create1");
  if (count == 2 && strcmp(words[1], "serve") == 0) serve();
  else if (count == 3 && strcmp(words[1], "load") == 0) load(atoi(words[2]));
  else return fputs("echo serve | echo load PORT\n", stderr), 2;
  return 0;
}
