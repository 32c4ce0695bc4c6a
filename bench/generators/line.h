/* What the load generators share: connections of one epoll loop with a buffer each way, a clock, and the result's percentiles. */
#ifndef LINE_H
#define LINE_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 128 * 1024, EVENTS_MAX = 512, STALL_MS = 30000 };

/* Bytes from `start` to `end` are still to be dealt with. */
struct buffer {
  char *bytes;
  size_t start, end, capacity;
};

struct connection {
  int fd, role, number;
  bool is_connecting, waits_to_write;
  struct buffer in, out;
};

static int poller;

/* Ends the program with exit status 1; each generator says there how far it came. */
static void give_up(const char *what);
/* Deals with every whole answer that has come in. */
static void take_answers(struct connection *connection);

static double now_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Makes room for `count` bytes behind `end`. */
static void reserve_bytes(struct buffer *buffer, size_t count) {
  if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
  if (buffer->capacity - buffer->end >= count) return;
  if (buffer->start > 0) {
    memmove(buffer->bytes, buffer->bytes + buffer->start, buffer->end - buffer->start);
    buffer->end -= buffer->start;
    buffer->start = 0;
  }
  if (buffer->capacity - buffer->end >= count) return;
  buffer->capacity = (buffer->end + count) * 2;
  buffer->bytes = realloc(buffer->bytes, buffer->capacity);
  if (buffer->bytes == NULL) give_up("no memory");
}

static void add(struct connection *connection, const void *bytes, size_t count) {
  reserve_bytes(&connection->out, count);
  memcpy(connection->out.bytes + connection->out.end, bytes, count);
  connection->out.end += count;
}

static void watch_line(struct connection *connection, int operation, bool waits_to_write) {
  struct epoll_event event = {.events = EPOLLIN | (waits_to_write ? EPOLLOUT : 0), .data.ptr = connection};
  if (epoll_ctl(poller, operation, connection->fd, &event) != 0) give_up("epoll_ctl");
  connection->waits_to_write = waits_to_write;
}

static void flush(struct connection *connection) {
  struct buffer *out = &connection->out;
  while (out->start < out->end) {
    ssize_t count = write(connection->fd, out->bytes + out->start, out->end - out->start);
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) give_up("write");
    out->start += (size_t)count;
  }
  bool waits = out->start < out->end;
  if (waits != connection->waits_to_write) watch_line(connection, EPOLL_CTL_MOD, waits);
}

static struct connection *open_connection(int port, int role, bool is_at_once) {
  struct connection *connection = calloc(1, sizeof *connection);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection->role = role;
  connection->fd = socket(AF_INET, SOCK_STREAM | (is_at_once ? SOCK_NONBLOCK : 0), 0);
  if (connection->fd < 0) give_up("socket");
  int one = 1;
  struct linger no_linger = {.l_onoff = 1, .l_linger = 0};
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  /* Ends by RST: ten thousand ports in TIME_WAIT would be missed by the next run. */
  setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &no_linger, sizeof no_linger);
  int result = connect(connection->fd, (struct sockaddr *)&address, sizeof address);
  if (result != 0 && !(is_at_once && errno == EINPROGRESS)) give_up("connect");
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  connection->is_connecting = is_at_once;
  return connection;
}

static void on_event(struct connection *connection, uint32_t events) {
  if (connection->is_connecting) {
    if (events & (EPOLLERR | EPOLLHUP)) give_up("a connect failed");
    connection->is_connecting = false;
  }
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
    reserve_bytes(&connection->in, READ_BYTES);
    ssize_t count = read(connection->fd, connection->in.bytes + connection->in.end, READ_BYTES);
    if (count == 0) give_up("the server closed a connection");
    if (count < 0 && errno != EAGAIN) give_up("read");
    if (count > 0) {
      connection->in.end += (size_t)count;
      take_answers(connection);
    }
  }
  flush(connection);
}

/* Waits for events and deals with them; gives up when none come for too long. */
static void turn(void) {
  struct epoll_event events[EVENTS_MAX];
  int count = epoll_wait(poller, events, EVENTS_MAX, STALL_MS);
  if (count == 0) give_up("stalled");
  for (int index = 0; index < count; index++) on_event(events[index].data.ptr, events[index].events);
}

static void open_poller(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  poller = epoll_create1(0);
}

#endif
